#include "run.hpp"

#include "gatehouse/base/log.hpp"

namespace gatehouse::dynamo {

Outcome<std::shared_ptr<const Table>> Run::table(std::string_view name_or_arn) const {
  std::shared_ptr<const Table> found = state.catalogue.find(name_or_arn);
  if (found == nullptr) return Fault(FaultType::kResourceNotFound, "Requested resource not found");
  return found;
}

Fault fault_of(const Error& error) {
  if (is_would_block(error)) return {FaultType::kWouldBlock, std::string()};
  log::error("store_error", {{"reason", error.reason()}, {"error", error.message()}});
  return {FaultType::kInternalServerError, "The request processing has failed because of an unknown error, exception or failure."};
}

}  // namespace gatehouse::dynamo
