#include "gatehouse/pipeline/answer.hpp"

namespace gatehouse::pipeline {

Answer::Answer(Arena& arena, int status_code, std::string_view reason_code, std::string_view text)
    : Answer(arena, status_code, reason_code, "application/json", arena.concat({R"({"message":")", text, R"("})"})) {
  message = text;
}

Answer::Answer(Arena& arena, int status_code, std::string_view reason_code, std::string_view type,
               std::string_view content)
    : status(status_code), reason(reason_code), body(content), fields(arena) {
  if (!type.empty()) fields.append(http::FieldId::kContentType, type);
}

}  // namespace gatehouse::pipeline
