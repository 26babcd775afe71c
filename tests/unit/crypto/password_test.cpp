#include "gatehouse/crypto/password.hpp"

#include "gatehouse/crypto/secret_digest.hpp"

#include <gtest/gtest.h>

namespace gatehouse::crypto {
namespace {

const std::string kYescrypt = "$y$j75$dOkJ3IaSvR9FLoxdXkCp81$cobr.lThNxgRmaNItSH9rC1GvsenMnADO9EFaUnIfQ3";
const std::string kBcrypt = "$2b$04$7qJyo9uvqhCg33N6/I0naeaArjxqG97qHvNm0gjFYZ8LsE22hjGgW";
const std::string kSha512 =
    "$6$rounds=1000$GK8qcBC7Dn12ZnE/$3DkT.i3cyuXydOvJhe.GPJH8gBBj.n3.T7grw7yan4ITEEJJPSh//fFwUL0hbt5sPybAH70ZvlPWdwegbYA72.";

TEST(PasswordTest, MatchesEachMethod) {
  for (const std::string& hash : {kYescrypt, kBcrypt, kSha512}) {
    EXPECT_TRUE(is_password_hash(hash)) << hash;
    EXPECT_TRUE(matches_password_hash("correct horse", hash)) << hash;
    EXPECT_FALSE(matches_password_hash("correct horsE", hash)) << hash;
    EXPECT_FALSE(matches_password_hash("", hash)) << hash;
  }
}

TEST(PasswordTest, NothingBehindAZeroByteOrTheLongestPasswordCounts) {
  EXPECT_FALSE(matches_password_hash(std::string_view("correct horse\0x", 15), kBcrypt));
  EXPECT_FALSE(matches_password_hash(std::string(512, 'x'), kBcrypt));
}

TEST(PasswordTest, WeakMethodsAndWhatIsCutAreNoHashes) {
  for (const std::string& wrong :
       {std::string(), std::string("secret"), std::string("$1$abcdefgh$abcdefghijklmnopqrstuv"), std::string("rqXexS6ZhobKA"),
        kYescrypt.substr(0, kYescrypt.size() - 1), kBcrypt + "x", kSha512.substr(0, 40), std::string("$6$"), kBcrypt + "\n"})
    EXPECT_FALSE(is_password_hash(wrong)) << wrong;
  EXPECT_FALSE(matches_password_hash("secret", "secret"));
  EXPECT_FALSE(matches_password_hash("x", "*0"));
}

TEST(SecretDigestTest, PartsKeepTheirBoundsAndEveryObjectHasAKeyOfItsOwn) {
  const SecretDigest one, other;
  EXPECT_EQ(one({"a", "bc"}), one({"a", "bc"}));
  EXPECT_NE(one({"a", "bc"}), one({"ab", "c"}));
  EXPECT_NE(one({"a"}), one({"a", ""}));
  EXPECT_NE(one({"a"}), other({"a"}));
}

}  // namespace
}  // namespace gatehouse::crypto
