// Names, status codes and spelling of the service's errors.
#include "gatehouse/dynamo/wire/fault.hpp"

#include "gatehouse/dynamo/wire/json_writer.hpp"

#include <array>
#include <cstdint>

namespace gatehouse::dynamo {
namespace {

// Which of its layers names an error is part of what the service says: clients match the part behind '#', people search
// for the whole.
#define GATEHOUSE_MODEL "com.amazonaws.dynamodb.v20120810#"
#define GATEHOUSE_CORAL "com.amazon.coral.service#"

enum class Spelling : std::uint8_t { kLower, kUpper };

struct Row {
  FaultType type;
  std::string_view name;
  int status = 400;
  Spelling spelling = Spelling::kLower;  // of the member `message`, as the API's model has it
};

constexpr Row kRows[] = {
    {FaultType::kValidation, "com.amazon.coral.validate#ValidationException"},
    {FaultType::kSerialization, GATEHOUSE_CORAL "SerializationException", 400, Spelling::kUpper},
    {FaultType::kUnknownOperation, GATEHOUSE_CORAL "UnknownOperationException"},
    {FaultType::kConditionalCheckFailed, GATEHOUSE_MODEL "ConditionalCheckFailedException"},
    {FaultType::kResourceNotFound, GATEHOUSE_MODEL "ResourceNotFoundException"},
    {FaultType::kResourceInUse, GATEHOUSE_MODEL "ResourceInUseException"},
    {FaultType::kItemCollectionSizeLimitExceeded, GATEHOUSE_MODEL "ItemCollectionSizeLimitExceededException"},
    {FaultType::kProvisionedThroughputExceeded, GATEHOUSE_MODEL "ProvisionedThroughputExceededException"},
    {FaultType::kThrottling, GATEHOUSE_MODEL "ThrottlingException"},
    {FaultType::kLimitExceeded, GATEHOUSE_MODEL "LimitExceededException"},
    {FaultType::kTransactionCanceled, GATEHOUSE_MODEL "TransactionCanceledException", 400, Spelling::kUpper},
    {FaultType::kTransactionConflict, GATEHOUSE_MODEL "TransactionConflictException"},
    {FaultType::kTransactionInProgress, GATEHOUSE_MODEL "TransactionInProgressException", 400, Spelling::kUpper},
    {FaultType::kIdempotentParameterMismatch, GATEHOUSE_MODEL "IdempotentParameterMismatchException", 400,
     Spelling::kUpper},
    {FaultType::kDuplicateItem, GATEHOUSE_MODEL "DuplicateItemException"},
    {FaultType::kTableNotFound, GATEHOUSE_MODEL "TableNotFoundException"},
    {FaultType::kTableAlreadyExists, GATEHOUSE_MODEL "TableAlreadyExistsException"},
    {FaultType::kTableInUse, GATEHOUSE_MODEL "TableInUseException"},
    {FaultType::kBackupNotFound, GATEHOUSE_MODEL "BackupNotFoundException"},
    {FaultType::kBackupInUse, GATEHOUSE_MODEL "BackupInUseException"},
    {FaultType::kPointInTimeRecoveryUnavailable, GATEHOUSE_MODEL "PointInTimeRecoveryUnavailableException"},
    {FaultType::kExportNotFound, GATEHOUSE_MODEL "ExportNotFoundException"},
    {FaultType::kImportNotFound, GATEHOUSE_MODEL "ImportNotFoundException"},
    {FaultType::kImportConflict, GATEHOUSE_MODEL "ImportConflictException"},
    {FaultType::kExpiredIterator, GATEHOUSE_MODEL "ExpiredIteratorException"},
    {FaultType::kTrimmedDataAccess, GATEHOUSE_MODEL "TrimmedDataAccessException"},
    {FaultType::kAccessDenied, GATEHOUSE_CORAL "AccessDeniedException", 400, Spelling::kUpper},
    {FaultType::kMissingAuthenticationToken, GATEHOUSE_CORAL "MissingAuthenticationTokenException"},
    {FaultType::kIncompleteSignature, GATEHOUSE_CORAL "IncompleteSignatureException"},
    {FaultType::kInvalidSignature, GATEHOUSE_CORAL "InvalidSignatureException"},
    {FaultType::kUnrecognizedClient, GATEHOUSE_CORAL "UnrecognizedClientException"},
    {FaultType::kRequestEntityTooLarge, GATEHOUSE_CORAL "RequestEntityTooLargeException", 413},
    {FaultType::kInternalServerError, GATEHOUSE_MODEL "InternalServerError", 500},
    {FaultType::kServiceUnavailable, GATEHOUSE_CORAL "ServiceUnavailableException", 503},
    {FaultType::kWouldBlock, GATEHOUSE_MODEL "InternalServerError", 500},
};

#undef GATEHOUSE_MODEL
#undef GATEHOUSE_CORAL

constexpr bool rows_in_order() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (static_cast<std::size_t>(kRows[i].type) != i) return false;
  }
  return std::size(kRows) == static_cast<std::size_t>(FaultType::kWouldBlock) + 1;
}
static_assert(rows_in_order(), "a row for every type, in the order of FaultType");

const Row& row(FaultType type) { return kRows[static_cast<std::size_t>(type)]; }

constexpr std::string_view behind_hash(std::string_view name) { return name.substr(name.find('#') + 1); }

}  // namespace

std::string_view fault_name(FaultType type) { return row(type).name; }

std::string_view fault_short_name(FaultType type) { return behind_hash(row(type).name); }

int fault_status(FaultType type) { return row(type).status; }

FaultType find_fault(std::string_view name) {
  const std::string_view wanted = behind_hash(name);
  for (const Row& candidate : kRows) {
    if (behind_hash(candidate.name) == wanted) return candidate.type;
  }
  // The account's limit instead of the table's: to be retried in the same way.
  if (wanted == "RequestLimitExceeded") return FaultType::kThrottling;
  return FaultType::kInternalServerError;
}

void Fault::write(std::string& to) const {
  to += R"({"__type":")";
  to += fault_name(type_);
  to += '"';
  if (!message_.empty()) {
    to += row(type_).spelling == Spelling::kUpper ? R"(,"Message":)" : R"(,"message":)";
    write_json_string(to, message_);
  }
  to += members_;
  to += '}';
}

}  // namespace gatehouse::dynamo
