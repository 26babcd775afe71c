#include "gatehouse/dynamo/wire/fault.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::dynamo {
namespace {

std::string text(const Fault& fault) {
  std::string to;
  fault.write(to);
  return to;
}

TEST(FaultTest, IsWrittenAsTheServiceDoes) {
  EXPECT_EQ(text(validation("no \"x\"")),
            R"({"__type":"com.amazon.coral.validate#ValidationException","message":"no \"x\""})");
  EXPECT_EQ(text({FaultType::kConditionalCheckFailed, "The conditional request failed", R"(,"Item":{"a":{"N":"1"}})"}),
            R"({"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",)"
            R"("message":"The conditional request failed","Item":{"a":{"N":"1"}}})");
}

TEST(FaultTest, SpellsMessageAsTheModelOfEachErrorHasIt) {
  EXPECT_NE(text({FaultType::kTransactionCanceled, "x"}).find(R"("Message":"x")"), std::string::npos);
  EXPECT_NE(text({FaultType::kSerialization, "x"}).find(R"("Message":"x")"), std::string::npos);
  EXPECT_NE(text({FaultType::kIdempotentParameterMismatch, "x"}).find(R"("Message":"x")"), std::string::npos);
  EXPECT_NE(text({FaultType::kTransactionConflict, "x"}).find(R"("message":"x")"), std::string::npos);
}

TEST(FaultTest, SaysNothingWhereTheServiceSaysNothing) {
  EXPECT_EQ(text({FaultType::kSerialization, ""}), R"({"__type":"com.amazon.coral.service#SerializationException"})");
}

TEST(FaultTest, IsFoundByEitherName) {
  for (int i = 0; i < static_cast<int>(FaultType::kWouldBlock); ++i) {
    const auto type = static_cast<FaultType>(i);
    EXPECT_EQ(find_fault(fault_name(type)), type);
    EXPECT_EQ(find_fault(fault_short_name(type)), type);
  }
  EXPECT_EQ(find_fault("RequestLimitExceeded"), FaultType::kThrottling);
  EXPECT_EQ(find_fault("x#NeverHeardOf"), FaultType::kInternalServerError);
  EXPECT_EQ(find_fault(""), FaultType::kInternalServerError);
}

TEST(FaultTest, StatusSaysWhoseFaultItIs) {
  EXPECT_EQ(fault_status(FaultType::kValidation), 400);
  EXPECT_EQ(fault_status(FaultType::kAccessDenied), 400);
  EXPECT_EQ(fault_status(FaultType::kRequestEntityTooLarge), 413);
  EXPECT_EQ(fault_status(FaultType::kInternalServerError), 500);
  EXPECT_EQ(fault_status(FaultType::kServiceUnavailable), 503);
}

TEST(FaultTest, OutcomeThrowsWhatItSays) {
  const Outcome<int> outcome = validation("told");
  EXPECT_TRUE(outcome.has_error());
  try {
    static_cast<void>(outcome.value());
    ADD_FAILURE() << "did not throw";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "com.amazon.coral.validate#ValidationException: told");
  }
}

}  // namespace
}  // namespace gatehouse::dynamo
