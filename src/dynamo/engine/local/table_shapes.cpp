// The shapes of CreateTable and UpdateTable (Amazon DynamoDB API reference).
#include "table_request.hpp"

namespace gatehouse::dynamo {
namespace {

using enum Shape::Type;

constexpr std::string_view kAttributeTypes[] = {"B", "N", "S"};
constexpr std::string_view kKeyTypes[] = {"HASH", "RANGE"};
constexpr std::string_view kBillingModes[] = {"PROVISIONED", "PAY_PER_REQUEST"};
constexpr std::string_view kProjections[] = {"ALL", "INCLUDE", "KEYS_ONLY"};
constexpr std::string_view kStreamViews[] = {"NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES", "KEYS_ONLY"};
constexpr std::string_view kTableClasses[] = {"STANDARD", "STANDARD_INFREQUENT_ACCESS"};
constexpr std::string_view kEncryptions[] = {"AES256", "KMS"};

constexpr Shape kText = {.type = kString};
constexpr Shape kAttributeName = {.type = kString, .not_null = true, .least = 1, .most = 255};
constexpr Shape kIndexName = {.type = kString, .not_null = true, .least = 3, .most = 255, .name_pattern = true};
constexpr Shape kUnits = {.type = kLong, .not_null = true, .least = 1};

constexpr Field kDefinitionFields[] = {
    {"AttributeName", kAttributeName},
    {"AttributeType", {.type = kString, .not_null = true, .values = kAttributeTypes}},
};
constexpr Shape kDefinition = {.type = kStruct, .fields = kDefinitionFields, .structure = "AttributeDefinition"};

constexpr Field kKeyFields[] = {
    {"AttributeName", kAttributeName},
    {"KeyType", {.type = kString, .not_null = true, .values = kKeyTypes}},
};
constexpr Shape kKeyElement = {.type = kStruct, .fields = kKeyFields, .structure = "KeySchemaElement"};
constexpr Shape kKeySchema = {.type = kList, .not_null = true, .least = 1, .most = 2, .element = &kKeyElement};
// Four attributes of each kind.
constexpr Shape kGlobalKeySchema = {.type = kList, .not_null = true, .least = 1, .most = 8, .element = &kKeyElement};

constexpr Field kThroughputFields[] = {{"WriteCapacityUnits", kUnits}, {"ReadCapacityUnits", kUnits}};
constexpr Shape kThroughput = {.type = kStruct, .fields = kThroughputFields, .structure = "ProvisionedThroughput"};

constexpr Field kOnDemandFields[] = {{"MaxReadRequestUnits", {.type = kLong}}, {"MaxWriteRequestUnits", {.type = kLong}}};
constexpr Shape kOnDemand = {.type = kStruct, .fields = kOnDemandFields, .structure = "OnDemandThroughput"};

constexpr Field kWarmFields[] = {{"ReadUnitsPerSecond", {.type = kLong, .least = 1}}, {"WriteUnitsPerSecond", {.type = kLong, .least = 1}}};
constexpr Shape kWarm = {.type = kStruct, .fields = kWarmFields, .structure = "WarmThroughput"};

constexpr Shape kProjectedName = {.type = kString, .least = 1, .most = 255};
constexpr Field kProjectionFields[] = {
    {"ProjectionType", {.type = kString, .values = kProjections}},
    {"NonKeyAttributes", {.type = kList, .least = 1, .element = &kProjectedName}},
};
constexpr Shape kProjection = {.type = kStruct, .not_null = true, .fields = kProjectionFields, .structure = "Projection"};

constexpr Field kLocalFields[] = {{"IndexName", kIndexName}, {"KeySchema", kKeySchema}, {"Projection", kProjection}};
constexpr Shape kLocalIndex = {.type = kStruct, .fields = kLocalFields, .structure = "LocalSecondaryIndex"};

constexpr Field kGlobalFields[] = {
    {"IndexName", kIndexName},      {"KeySchema", kGlobalKeySchema}, {"Projection", kProjection},
    {"ProvisionedThroughput", kThroughput}, {"OnDemandThroughput", kOnDemand}, {"WarmThroughput", kWarm},
};
constexpr Shape kGlobalIndex = {.type = kStruct, .fields = kGlobalFields, .structure = "GlobalSecondaryIndex"};

constexpr Field kStreamFields[] = {
    {"StreamEnabled", {.type = kBoolean, .not_null = true}},
    {"StreamViewType", {.type = kString, .values = kStreamViews}},
};
constexpr Shape kStream = {.type = kStruct, .fields = kStreamFields, .structure = "StreamSpecification"};

constexpr Field kEncryptionFields[] = {
    {"Enabled", {.type = kBoolean}}, {"SSEType", {.type = kString, .values = kEncryptions}}, {"KMSMasterKeyId", kText}};
constexpr Shape kEncryption = {.type = kStruct, .fields = kEncryptionFields, .structure = "SSESpecification"};

constexpr Field kTagFields[] = {
    {"Key", {.type = kString, .not_null = true, .least = 1, .most = 128}},
    {"Value", {.type = kString, .not_null = true, .least = 0, .most = 256}},
};
constexpr Shape kTag = {.type = kStruct, .fields = kTagFields, .structure = "Tag"};

constexpr Shape kBilling = {.type = kString, .values = kBillingModes};
constexpr Shape kClass = {.type = kString, .values = kTableClasses};

constexpr Field kCreateFields[] = {
    {"AttributeDefinitions", {.type = kList, .not_null = true, .element = &kDefinition}},
    {"TableName", kText},
    {"BillingMode", kBilling},
    {"ProvisionedThroughput", kThroughput},
    {"KeySchema", kKeySchema},
    {"LocalSecondaryIndexes", {.type = kList, .element = &kLocalIndex}},
    {"GlobalSecondaryIndexes", {.type = kList, .element = &kGlobalIndex}},
    {"StreamSpecification", kStream},
    {"SSESpecification", kEncryption},
    {"Tags", {.type = kList, .element = &kTag}},
    {"TableClass", kClass},
    {"DeletionProtectionEnabled", {.type = kBoolean}},
    {"OnDemandThroughput", kOnDemand},
    {"WarmThroughput", kWarm},
    {"ResourcePolicy", kText},
};

constexpr Field kUpdateIndexFields[] = {
    {"IndexName", kIndexName},
    {"ProvisionedThroughput", kThroughput},
    {"OnDemandThroughput", kOnDemand},
    {"WarmThroughput", kWarm},
};
constexpr Field kDeleteIndexFields[] = {{"IndexName", kIndexName}};
constexpr Field kIndexUpdateFields[] = {
    {"Update", {.type = kStruct, .fields = kUpdateIndexFields, .structure = "UpdateGlobalSecondaryIndexAction"}},
    {"Create", {.type = kStruct, .fields = kGlobalFields, .structure = "CreateGlobalSecondaryIndexAction"}},
    {"Delete", {.type = kStruct, .fields = kDeleteIndexFields, .structure = "DeleteGlobalSecondaryIndexAction"}},
};
constexpr Shape kIndexUpdate = {.type = kStruct, .fields = kIndexUpdateFields, .structure = "GlobalSecondaryIndexUpdate"};
constexpr Shape kReplicaUpdate = {.type = kAny};

constexpr Field kUpdateFields[] = {
    {"AttributeDefinitions", {.type = kList, .element = &kDefinition}},
    {"TableName", kText},
    {"BillingMode", kBilling},
    {"ProvisionedThroughput", kThroughput},
    {"GlobalSecondaryIndexUpdates", {.type = kList, .element = &kIndexUpdate}},
    {"StreamSpecification", kStream},
    {"SSESpecification", kEncryption},
    {"TableClass", kClass},
    {"DeletionProtectionEnabled", {.type = kBoolean}},
    {"OnDemandThroughput", kOnDemand},
    {"WarmThroughput", kWarm},
    {"ReplicaUpdates", {.type = kList, .element = &kReplicaUpdate}},
};

}  // namespace

std::span<const Field> create_table_fields() { return kCreateFields; }
std::span<const Field> update_table_fields() { return kUpdateFields; }

}  // namespace gatehouse::dynamo
