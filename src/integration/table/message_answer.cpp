#include "message_answer.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <string>

namespace gatehouse::integration {

pipeline::Answer message_answer(Arena& arena, int status, std::string_view reason, std::string_view message) {
  std::string body = R"({"message":)";
  dynamo::write_json_string(body, message);
  body += '}';
  return pipeline::Answer(arena, status, reason, "application/json", arena.copy(body));
}

}  // namespace gatehouse::integration
