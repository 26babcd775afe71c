#include "gatehouse/integration/table.hpp"

#include "table_request.hpp"

#include <utility>

namespace gatehouse::integration {
namespace {

using http::Method;

constexpr std::string_view kItemMethods = "DELETE, GET, HEAD, PATCH, PUT";

class TableIntegration final : public pipeline::Integration {
 public:
  explicit TableIntegration(TableRoute route)
      : route_(std::move(route)), whole_key_(has_whole_key(route_.settings)), key_in_body_(has_key_in_body(route_.settings)) {}

  std::string_view kind() const override { return "table"; }

  net::Task<void> serve(pipeline::RequestContext& context) const override {
    TableRequest request(route_, context);
    if (key_in_body_) {
      net::Task<bool> reading = request.read_key_body();
      const bool read = co_await reading;
      if (!read) co_return;
    }
    const TableAction action = action_for(context.request().method);
    switch (action) {
      case TableAction::kGet: co_await serve_get(request); break;
      case TableAction::kPut: co_await serve_put(request); break;
      case TableAction::kPatch: co_await serve_patch(request); break;
      case TableAction::kDelete: co_await serve_delete(request); break;
      case TableAction::kCreate: co_await serve_create(request); break;
      case TableAction::kQuery:
      case TableAction::kScan: co_await serve_query(request); break;
      case TableAction::kBatchGet: co_await serve_batch_get(request); break;
      case TableAction::kBatchWrite: co_await serve_batch_write(request); break;
      case TableAction::kTransact: co_await serve_transact(request); break;
      case TableAction::kByMethod: refuse_method(context); break;
    }
  }

 private:
  TableAction action_for(Method method) const {
    if (route_.settings.action != TableAction::kByMethod) return route_.settings.action;
    if (method == Method::kGet || method == Method::kHead) return whole_key_ ? TableAction::kGet : TableAction::kQuery;
    if (!whole_key_) return TableAction::kByMethod;
    if (method == Method::kPut) return TableAction::kPut;
    if (method == Method::kPatch) return TableAction::kPatch;
    if (method == Method::kDelete) return TableAction::kDelete;
    if (method == Method::kPost && route_.settings.creates) return TableAction::kCreate;
    return TableAction::kByMethod;
  }

  void refuse_method(pipeline::RequestContext& context) const {
    pipeline::Answer answer(context.arena(), 405, "method_not_allowed", "Method Not Allowed");
    answer.fields.set(http::FieldId::kAllow, whole_key_ ? kItemMethods : std::string_view("GET, HEAD"));
    context.answer(answer);
  }

  TableRoute route_;
  bool whole_key_;
  bool key_in_body_;
};

}  // namespace

std::shared_ptr<const pipeline::Integration> make_table(TableRouteSettings settings, std::shared_ptr<dynamo::Engine> engine,
                                                        std::shared_ptr<const json::Schema> schema) {
  return std::make_shared<TableIntegration>(TableRoute{std::move(settings), std::move(engine), std::move(schema)});
}

}  // namespace gatehouse::integration
