// What the operations on exports and those on imports do alike.
#pragma once

#include "control_request.hpp"
#include "json_text.hpp"
#include "transfers.hpp"

namespace gatehouse::dynamo {

inline constexpr std::int64_t kTransferPage = 25;

// The words of one kind of transfer, and how it is told.
struct TransferWords {
  TransferKind kind;
  std::string_view noun;
  std::string_view arn, status;             // its members
  std::string_view summaries;               // the list's member
  Field page_size;                          // the member of the list's request that bounds a page
  FaultType not_found;
  void (*describe)(Run&, const Transfer&);  // as the whole answer
  void (*summarise)(JsonText&, const Transfer&);  // what a row has beyond ARN and status
};

std::string_view status_name(TransferStatus status);

// The names and times of a transfer of `table` that begins now.
void begin_transfer(Transfer& transfer, const Node& request, const Table& table, WallTime now);

Outcome<void> describe_transfer(Run& run, const TransferWords& words);
// Newest first: the token of the next page is the id that a page ended with.
Outcome<void> list_transfers(Run& run, const TransferWords& words);

}  // namespace gatehouse::dynamo
