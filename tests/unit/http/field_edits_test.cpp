#include "gatehouse/http/field_edits.hpp"

#include <gtest/gtest.h>

#include <string>

namespace gatehouse::http {
namespace {

class FieldEditsTest : public ::testing::Test {
 protected:
  std::string added() const {
    std::string all;
    for (const auto* field = edits_.added(); field != nullptr; field = field->next) {
      all += std::string(field->name()) + "=" + std::string(field->value) + ";";
    }
    return all;
  }
  bool removes(FieldId id) const { return (edits_.removed_known() & bit(id)) != 0; }

  Arena arena_;
  FieldEdits edits_{arena_};
};

TEST_F(FieldEditsTest, BeginsWithoutChanges) {
  EXPECT_EQ(added(), "");
  EXPECT_EQ(edits_.removed_known(), 0U);
  EXPECT_FALSE(edits_.removes_others());
  EXPECT_FALSE(edits_.removes_other("x"));
}

TEST_F(FieldEditsTest, AppendsInOrderAndLeavesTheOriginal) {
  edits_.append(FieldId::kVia, "a");
  edits_.append("X-One", "b");
  edits_.append("via", "c");
  EXPECT_EQ(added(), "Via=a;X-One=b;via=c;");
  EXPECT_FALSE(removes(FieldId::kVia));
  EXPECT_FALSE(edits_.removes_others());
}

TEST_F(FieldEditsTest, SetReplacesTheOriginalAndWhatWasAdded) {
  edits_.append(FieldId::kVia, "a");
  edits_.append("X-One", "b");
  edits_.append("Accept", "c");
  edits_.set(FieldId::kVia, "d");
  edits_.set("x-one", "e");
  edits_.set("ACCEPT", "f");
  EXPECT_EQ(added(), "Via=d;x-one=e;ACCEPT=f;");
  EXPECT_TRUE(removes(FieldId::kVia));
  EXPECT_TRUE(removes(FieldId::kAccept));
  EXPECT_TRUE(edits_.removes_other("X-ONE"));
  EXPECT_FALSE(edits_.removes_other("X-ONE-"));
}

TEST_F(FieldEditsTest, RemoveAlsoTakesBackWhatWasAdded) {
  edits_.set(FieldId::kVia, "a");
  edits_.set("X-One", "b");
  edits_.append("X-Two", "c");
  edits_.remove(FieldId::kVia);
  edits_.remove("x-two");
  EXPECT_EQ(added(), "X-One=b;");
  edits_.remove("x-one");
  EXPECT_EQ(added(), "");
  edits_.append("X-Three", "d");
  EXPECT_EQ(added(), "X-Three=d;");
  EXPECT_TRUE(removes(FieldId::kVia));
}

TEST_F(FieldEditsTest, RemoveByNameOfAKnownFieldIsRemoveById) {
  edits_.remove("cookie");
  EXPECT_TRUE(removes(FieldId::kCookie));
  EXPECT_FALSE(edits_.removes_others());
}

TEST_F(FieldEditsTest, RemovesWhatWasLookedUpBefore) {
  edits_.append("X-One", "a");
  edits_.append(FieldId::kVia, "b");
  edits_.remove(FieldId::kOther, "x-one");
  edits_.remove(FieldId::kVia, "via");
  EXPECT_EQ(added(), "");
  EXPECT_TRUE(removes(FieldId::kVia));
  EXPECT_TRUE(edits_.removes_other("X_ONE"));
}

TEST_F(FieldEditsTest, RemoveAllLeavesWhatWasAdded) {
  edits_.append(FieldId::kVia, "a");
  edits_.remove_all(bit(FieldId::kVia) | bit(FieldId::kForwarded));
  EXPECT_TRUE(removes(FieldId::kVia));
  EXPECT_TRUE(removes(FieldId::kForwarded));
  EXPECT_EQ(added(), "Via=a;");
}

TEST_F(FieldEditsTest, TakesUnderscoresForDashesWhenItRemoves) {
  edits_.set("X-User", "a");
  edits_.remove("my_field");
  EXPECT_TRUE(edits_.removes_other("X_User"));
  EXPECT_TRUE(edits_.removes_other("x_uSER"));
  EXPECT_TRUE(edits_.removes_other("My-Field"));
  EXPECT_FALSE(edits_.removes_other("XUser"));
  EXPECT_FALSE(edits_.removes_other("X.User"));
  EXPECT_FALSE(edits_.removes_other("X_Uses"));
}

}  // namespace
}  // namespace gatehouse::http
