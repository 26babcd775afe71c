// What a DynamoDB client is told when its request cannot be served, in the service's own words, and Outcome<T> that carries it.
// Plain values; any thread. Names, status codes and shapes: Amazon DynamoDB API reference, "Common errors" and each
// operation's errors.
#pragma once

#include <boost/system/result.hpp>

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace gatehouse::dynamo {

enum class FaultType : unsigned char {
  kValidation,
  kSerialization,
  kUnknownOperation,
  kConditionalCheckFailed,
  kResourceNotFound,
  kResourceInUse,
  kItemCollectionSizeLimitExceeded,
  kProvisionedThroughputExceeded,
  kThrottling,
  kLimitExceeded,
  kTransactionCanceled,
  kTransactionConflict,
  kTransactionInProgress,
  kIdempotentParameterMismatch,
  kDuplicateItem,
  kTableNotFound,       // of backup operations
  kTableAlreadyExists,  // of backup operations
  kTableInUse,          // of backup operations
  kBackupNotFound,
  kBackupInUse,
  kPointInTimeRecoveryUnavailable,
  kExportNotFound,
  kImportNotFound,
  kImportConflict,
  kExpiredIterator,
  kTrimmedDataAccess,
  kAccessDenied,
  kMissingAuthenticationToken,
  kIncompleteSignature,
  kInvalidSignature,
  kUnrecognizedClient,
  kRequestEntityTooLarge,
  kInternalServerError,
  kServiceUnavailable,
  kWouldBlock,  // never leaves the engine: the disk must be read first, ask again where waiting is allowed
};

// "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"
std::string_view fault_name(FaultType type);
// The part behind '#'.
std::string_view fault_short_name(FaultType type);
int fault_status(FaultType type);  // 400, 413, 500, 503
// By full or short name, as another DynamoDB-compatible endpoint says it; kInternalServerError when unknown.
FaultType find_fault(std::string_view name);

class Fault {
 public:
  Fault() : Fault(FaultType::kInternalServerError, "no fault") {}
  // `members`: further members of the JSON object as text, each with its leading comma: `,"Item":{…}`.
  Fault(FaultType type, std::string message, std::string members = {})
      : message_(std::move(message)), members_(std::move(members)), type_(type) {}

  FaultType type() const { return type_; }
  const std::string& message() const { return message_; }
  const std::string& members() const { return members_; }
  // Appends {"__type":"…","message":"…"…}; `Message` is spelled as the service spells it for that type.
  void write(std::string& to) const;

 private:
  std::string message_;
  std::string members_;
  FaultType type_;
};

inline Fault validation(std::string message) { return {FaultType::kValidation, std::move(message)}; }

[[noreturn]] inline void throw_exception_from_error(const Fault& fault, const boost::source_location&) {
  throw std::runtime_error(std::string(fault_name(fault.type())) + ": " + fault.message());
}

template <class T>
using Outcome = boost::system::result<T, Fault>;

}  // namespace gatehouse::dynamo
