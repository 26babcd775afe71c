#include "transfer_operations.hpp"

namespace gatehouse::dynamo {

using enum Shape::Type;

std::string_view status_name(TransferStatus status) {
  return status == TransferStatus::kInProgress ? "IN_PROGRESS" : status == TransferStatus::kCompleted ? "COMPLETED" : "FAILED";
}

void begin_transfer(Transfer& transfer, const Node& request, const Table& table, WallTime now) {
  transfer.started = now;
  transfer.id = Transfers::new_id(now);
  transfer.arn = table.arn + (transfer.kind == TransferKind::kExport ? "/export/" : "/import/") + transfer.id;
  transfer.token = request.string("ClientToken");
  transfer.table_name = table.name;
  transfer.table_arn = table.arn;
  transfer.table_uuid = table.uuid;
}

Outcome<void> describe_transfer(Run& run, const TransferWords& words) {
  const Field fields[] = {{words.arn, {.type = kString, .not_null = true, .least = 37, .most = 1024}}};
  const Outcome<Node> request = read_request(run, fields);
  if (!request) return request.error();
  const std::string_view arn = request->string(words.arn);
  const auto transfer = run.state.transfers->find(words.kind, arn);
  if (!transfer) return Fault(words.not_found, std::string(words.noun) + " not found: " + std::string(arn));
  words.describe(run, *transfer);
  return {};
}

Outcome<void> list_transfers(Run& run, const TransferWords& words) {
  const Field fields[] = {
      {"TableArn", {.type = kString, .least = 1, .most = 1024}},
      words.page_size,
      {"NextToken", {.type = kString}},
  };
  const Outcome<Node> request = read_request(run, fields);
  if (!request) return request.error();
  const std::string_view table = request->string("TableArn");
  const std::string_view token = request->string("NextToken");
  const auto limit = static_cast<std::size_t>(request->integer(words.page_size.name, kTransferPage));
  JsonText answer(run.answer);
  answer.begin();
  answer.begin_list(words.summaries);
  std::size_t count = 0;
  std::string last;
  bool more = false;
  for (const auto& transfer : run.state.transfers->all(words.kind)) {
    if ((!token.empty() && transfer->id >= token) || (!table.empty() && transfer->table_arn != table && transfer->table_name != table)) continue;
    if (count++ == limit) {
      more = true;
      break;
    }
    answer.begin();
    answer.string(words.arn, transfer->arn);
    answer.string(words.status, status_name(transfer->status));
    words.summarise(answer, *transfer);
    answer.end();
    last = transfer->id;
  }
  answer.end_list();
  if (more) answer.string("NextToken", last);
  answer.end();
  return {};
}

}  // namespace gatehouse::dynamo
