// What every action of a table route shares: settings, store, answers. Lives in the request's coroutine.
#pragma once

#include "gatehouse/integration/table.hpp"

#include "item_edit.hpp"
#include "route_key.hpp"
#include "store_access.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace gatehouse::integration {

// A route's part in all its requests.
struct TableRoute {
  TableRouteSettings settings;
  std::shared_ptr<dynamo::Engine> engine;
  std::shared_ptr<const json::Schema> schema;
};

class TableRequest {
 public:
  TableRequest(const TableRoute& of, pipeline::RequestContext& request_context)
      : route(of), settings(of.settings), context(request_context), store(request_context, *of.engine) {}

  const TableRoute& route;
  const TableRouteSettings& settings;
  pipeline::RequestContext& context;
  StoreAccess store;

  void refuse(int status, std::string_view reason, std::string_view message);  // any text: it is quoted here
  void fail(const StoreReply& reply) { context.answer(answer_of_fault(context.arena(), reply)); }
  // An item without what the route hides.
  void append_item(std::string& to, const dynamo::Map& item);
  void answer_item(int status, const dynamo::Map& item, std::string_view location = {});
  void answer_json(int status, std::string_view json, std::string_view reason = "ok");

  // Before all else where a part of the key stands in the body. False, and answered, when that is no JSON object.
  net::Task<bool> read_key_body();
  // The route's key. False, and answered, when a value is missing or wrong.
  bool evaluate_key(RouteValues& values);
  // Reads the body as one plain JSON object into `item`. False, and answered, when it is none.
  net::Task<bool> read_object(std::string& item);
  // False, and answered with the fields that are wrong, when the schema refuses.
  bool check_schema(const dynamo::Map& item);

 private:
  // Of the key: what the field says. None, and `problem` says why, when it is neither text nor number.
  std::optional<std::string_view> key_text(const TableKeyField& field, std::string& problem);

  std::optional<std::string> body_;  // as an item, once it was read for the key
};

net::Task<void> serve_get(TableRequest& request);
net::Task<void> serve_put(TableRequest& request);
net::Task<void> serve_patch(TableRequest& request);
net::Task<void> serve_delete(TableRequest& request);
net::Task<void> serve_create(TableRequest& request);
net::Task<void> serve_query(TableRequest& request);  // and scan
net::Task<void> serve_batch_get(TableRequest& request);
net::Task<void> serve_batch_write(TableRequest& request);
net::Task<void> serve_transact(TableRequest& request);

}  // namespace gatehouse::integration
