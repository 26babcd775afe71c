#include "gatehouse/integration/mock.hpp"

#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <utility>

namespace gatehouse::integration {
namespace {

using pipeline::Answer;

bool looks_like_json(std::string_view body) {
  const std::size_t first = body.find_first_not_of(" \t\r\n");
  return first != std::string_view::npos && (body[first] == '{' || body[first] == '[');
}

class Mock final : public pipeline::Integration {
 public:
  explicit Mock(MockSettings settings)
      : settings_(std::move(settings)), has_type_(std::ranges::any_of(settings_.headers, [](const auto& header) {
          return iequals(header.first, "content-type");
        })) {}

  std::string_view kind() const override { return "mock"; }

  net::Task<void> serve(pipeline::RequestContext& context) const override {
    const std::string_view body = settings_.body.evaluate(context);
    std::string_view type;
    if (!has_type_ && !body.empty()) type = looks_like_json(body) ? "application/json" : "text/plain; charset=utf-8";
    Answer answer(context.arena(), settings_.status, "ok", type, body);
    for (const auto& [name, value] : settings_.headers) answer.fields.append(name, value.evaluate(context));
    context.answer(answer);
    co_return;
  }

 private:
  MockSettings settings_;
  bool has_type_;
};

}  // namespace

std::shared_ptr<const pipeline::Integration> make_mock(MockSettings settings) {
  return std::make_shared<Mock>(std::move(settings));
}

}  // namespace gatehouse::integration
