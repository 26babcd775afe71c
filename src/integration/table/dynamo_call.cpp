#include "gatehouse/integration/dynamo_call.hpp"

#include "integration/whole_body.hpp"
#include "json_template.hpp"
#include "message_answer.hpp"
#include "store_access.hpp"

#include "gatehouse/dynamo/wire/json_reader.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <utility>

namespace gatehouse::integration {
namespace {

using dynamo::Value;
using dynamo::ValueWriter;
using pipeline::Answer;
using pipeline::RequestContext;

void refuse(RequestContext& context, int status, std::string_view reason, std::string_view message) {
  context.answer(message_answer(context.arena(), status, reason, message));
}

class DynamoCall final : public pipeline::Integration {
 public:
  DynamoCall(DynamoCallSettings settings, std::shared_ptr<dynamo::Engine> engine)
      : settings_(std::move(settings)), engine_(std::move(engine)), reads_body_(uses_body(settings_)) {}

  std::string_view kind() const override { return "dynamodb"; }

  net::Task<void> serve(RequestContext& context) const override {
    std::string body;
    JsonDocuments documents;
    if (reads_body_) {
      const bool read = co_await read_body(context, body);
      if (!read) co_return;
      documents.body = Value::at(body.data());
    }
    StoreAccess store(context, *engine_);
    std::string problem;
    if (!write_json(store.request(), settings_.request, context, documents, problem))
      co_return refuse(context, 400, "field_missing", problem);
    const StoreReply reply = co_await store.call(settings_.operation);
    if (!reply.ok) co_return context.answer(answer_of_fault(context.arena(), reply));

    std::string result, answer;
    if (!read_result(store.answer(), context.arena(), result)) co_return context.answer(answer_of_fault(context.arena(), {}));
    documents.result = Value::at(result.data());
    if (!settings_.answer) {
      dynamo::write_plain_value(answer, documents.result);
    } else if (!write_json(answer, *settings_.answer, context, documents, problem)) {
      // The answer is made of what the store has not: there is no such item.
      co_return refuse(context, 404, "item_not_found", problem);
    }
    context.answer(Answer(context.arena(), settings_.status, "ok", "application/json", context.arena().copy(answer)));
  }

 private:
  static bool uses_body(const DynamoCallSettings& settings) {
    const auto uses = [](const JsonNode& node) {
      return uses_document(node, JsonNode::Document::kBody) || uses_document(node, JsonNode::Document::kItem);
    };
    return uses(settings.request) || (settings.answer && uses(*settings.answer));
  }

  // Plain JSON of any kind, encoded; false, and answered, when it is none.
  static net::Task<bool> read_body(RequestContext& context, std::string& to) {
    std::string text;
    const bool complete = co_await read_whole_body(context, text);
    if (!complete) co_return false;
    dynamo::JsonReader reader(context.arena().copy(text), context.arena());
    ValueWriter writer(to);
    if (dynamo::is_valid_utf8(text)) {
      dynamo::read_plain_value(reader, writer);
      reader.finish();
      if (!reader.fault()) co_return true;
    }
    refuse(context, 400, "body_not_json", "the body is not valid JSON");
    co_return false;
  }

  DynamoCallSettings settings_;
  std::shared_ptr<dynamo::Engine> engine_;
  bool reads_body_;
};

}  // namespace

std::shared_ptr<const pipeline::Integration> make_dynamo_call(DynamoCallSettings settings, std::shared_ptr<dynamo::Engine> engine) {
  return std::make_shared<DynamoCall>(std::move(settings), std::move(engine));
}

}  // namespace gatehouse::integration
