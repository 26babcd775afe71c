// A management call as a request of the API's listener: the body is read under the API's bound, and the coroutine sleeps until
// whoever holds the connection has answered.
#include "gatehouse/wsapi/management.hpp"

#include "management_json.hpp"

#include "gatehouse/base/strings.hpp"
#include "gatehouse/net/remote_wake.hpp"
#include "gatehouse/pipeline/answer_fields.hpp"
#include "gatehouse/pipeline/body_failure.hpp"
#include "gatehouse/pipeline/error_answers.hpp"
#include "gatehouse/pipeline/held_body.hpp"
#include "gatehouse/pipeline/route.hpp"

#include <mutex>
#include <optional>
#include <utility>

namespace gatehouse::wsapi {
namespace {

using pipeline::RequestContext;

// Of those who hold the connection.
constexpr auto kPatience = std::chrono::seconds(10);
constexpr std::string_view kErrorType = "x-amzn-ErrorType";

// An answer that comes from elsewhere, or does not.
class Awaited final : private net::Timer {
 public:
  explicit Awaited(http::Exchange& exchange)
      : exchange_(exchange), wake_(exchange.worker(), exchange.waiter()), state_(std::make_shared<State>(wake_.handle())) {}

  Done<ManagementReply> done() const {
    return [state = state_](ManagementReply reply) {
      {
        const std::lock_guard lock(state->mutex);
        state->reply = std::move(reply);
      }
      state->wake.wake();
    };
  }

  // Nothing: it came too late, or its client has left.
  net::Task<std::optional<ManagementReply>> wait() {
    net::Worker& worker = exchange_.worker();
    const TimePoint deadline = worker.now() + kPatience;
    worker.timers().arm(*this, deadline);
    while (!exchange_.failed() && worker.now() < deadline) {
      auto reply = take();
      if (reply) co_return reply;
      co_await exchange_.waiter();
    }
    co_return take();
  }

 private:
  struct State {
    explicit State(const net::RemoteWake::Handle& handle) : wake(handle) {}
    std::mutex mutex;
    std::optional<ManagementReply> reply;
    net::RemoteWake::Handle wake;
  };

  void on_timer() override { exchange_.waiter().wake(); }
  std::optional<ManagementReply> take() {
    const std::lock_guard lock(state_->mutex);
    return std::exchange(state_->reply, std::nullopt);
  }

  http::Exchange& exchange_;
  net::RemoteWake wake_;
  std::shared_ptr<State> state_;
};

class Management final : public pipeline::Integration {
 public:
  Management(ManagementSettings settings, std::shared_ptr<Directory> directory) : settings_(std::move(settings)), directory_(std::move(directory)) {}

  std::string_view kind() const override { return "websocket_management"; }
  net::Task<void> serve(RequestContext& context) const override;

 private:
  static void respond(RequestContext& context, const ManagementReply& reply);

  ManagementSettings settings_;
  std::shared_ptr<Directory> directory_;
};

net::Task<void> Management::serve(RequestContext& context) const {
  net::Task<pipeline::HeldBody> reading = pipeline::read_held_body(context, settings_.message);
  const pipeline::HeldBody body = co_await reading;
  const http::Failure failure = context.exchange.failure();
  if (body == pipeline::HeldBody::kTooLarge || failure == http::Failure::kBodyTooLarge) {
    respond(context, {413, "websocket_message_too_big", "PayloadTooLargeException", {}, message_json("The message is larger than the API allows")});
    co_return;
  }
  if (body == pipeline::HeldBody::kFailed) {
    context.answer(pipeline::answer_of_failure(context, failure));
    co_return;
  }
  std::string_view path = context.path;
  path.remove_prefix(path.starts_with(settings_.base_path) ? settings_.base_path.size() : 0);
  const std::string* const held = context.held_body();
  Awaited answer(context.exchange);
  manage(*directory_, settings_,
         {context.request().method_text, path, context.query, held != nullptr ? std::string_view(*held) : std::string_view(),
          context.route.errors ? context.route.errors->style() : pipeline::ErrorStyle::kHelpful},
         answer.done());
  net::Task<std::optional<ManagementReply>> waiting = answer.wait();
  const std::optional<ManagementReply> reply = co_await waiting;
  respond(context, reply ? *reply
                         : ManagementReply{504, "websocket_node_timeout", "InternalServerErrorException", {}, message_json("No answer in time")});
}

void Management::respond(RequestContext& context, const ManagementReply& reply) {
  Arena& arena = context.arena();
  http::ResponseHead head(arena);
  head.status = reply.status;
  head.content_length = reply.body.size();
  if (!reply.body.empty()) head.edits.set(http::FieldId::kContentType, "application/json");
  if (!reply.allow.empty()) head.edits.set(http::FieldId::kAllow, reply.allow);
  if (!reply.error.empty()) head.edits.append(kErrorType, reply.error);
  if (reply.retry_after > 0) head.edits.set_valid(http::FieldId::kRetryAfter, pipeline::decimal(arena, static_cast<std::uint64_t>(reply.retry_after)));
  head.edits.append("x-amzn-RequestId", context.request_id);
  context.reason = reply.reason;
  context.respond(head, reply.body, http::More::kNo);
}

class ManagementErrors final : public pipeline::Middleware {
 public:
  std::string_view name() const override { return "management_errors"; }
  void on_response(RequestContext&, http::ResponseHead& head) const override {
    // The one exception of these that APIs of other kinds have another name for.
    if (head.status == 413) return head.edits.set(kErrorType, "PayloadTooLargeException");
    const std::string_view exception = exception_for(head.status);
    if (exception.empty()) return;
    for (const auto* added = head.edits.added(); added != nullptr; added = added->next)
      if (iequals(added->name(), kErrorType)) return;
    head.edits.append_valid(kErrorType, exception);
  }

 private:
  static std::string_view exception_for(int status) {
    switch (status) {
      case 401: return "UnauthorizedException";
      case 403: return "ForbiddenException";
      case 429: return "LimitExceededException";
      default: return {};
    }
  }
};

}  // namespace

std::shared_ptr<const pipeline::Middleware> make_management_errors() { return std::make_shared<ManagementErrors>(); }

std::shared_ptr<const pipeline::Integration> make_management(ManagementSettings settings, std::shared_ptr<Directory> directory) {
  return std::make_shared<Management>(std::move(settings), std::move(directory));
}

}  // namespace gatehouse::wsapi
