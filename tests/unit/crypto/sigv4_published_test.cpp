// The signatures that AWS published with its test suite for Signature Version 4, each of a request as the suite has it. Two of its cases have no
// counterpart here: get-header-value-multiline, as folded lines are refused with the head, and post-sts-header-after, as a token that is
// not signed is.
#include "gatehouse/crypto/sigv4.hpp"
#include "sigv4_vectors.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace gatehouse::crypto {
namespace {

struct Published {
  std::string name, method, path, query;
  std::vector<std::pair<std::string, std::string>> headers;  // besides Host and X-Amz-Date
  std::string body, signed_headers, signature;
};

const std::string kLetters = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const std::string kForm = "application/x-www-form-urlencoded";
const std::string kToken =
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4I"
    "C1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fP"
    "OLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==";
const std::string kPlain = "host;x-amz-date";
const std::string kOne = "host;my-header1;x-amz-date";
const std::string kVanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
const std::string kPostVanilla = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
const std::string kPostQuery = "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11";

const std::vector<Published> kSuite = {
    {"get-header-key-duplicate", "GET", "/", "", {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}}, "", kOne,
     "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
    {"get-header-value-order", "GET", "/", "",
     {{"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}}, "", kOne,
     "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01"},
    {"get-header-value-trim", "GET", "/", "", {{"My-Header1", "value1"}, {"My-Header2", "\"a   b   c\""}}, "",
     "host;my-header1;my-header2;x-amz-date", "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
    {"get-unreserved", "GET", "/" + kLetters, "", {}, "", kPlain, "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f"},
    {"get-utf8", "GET", "/\xe1\x88\xb4", "", {}, "", kPlain, "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
    {"get-vanilla", "GET", "/", "", {}, "", kPlain, kVanilla},
    {"get-vanilla-empty-query-key", "GET", "/", "Param1=value1", {}, "", kPlain,
     "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb"},
    {"get-vanilla-query", "GET", "/", "", {}, "", kPlain, kVanilla},
    {"get-vanilla-query-order-key", "GET", "/", "Param1=value2&Param1=Value1", {}, "", kPlain,
     "eedbc4e291e521cf13422ffca22be7d2eb8146eecf653089df300a15b2382bd1"},
    {"get-vanilla-query-order-key-case", "GET", "/", "Param2=value2&Param1=value1", {}, "", kPlain,
     "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
    {"get-vanilla-query-order-value", "GET", "/", "Param1=value2&Param1=value1", {}, "", kPlain,
     "5772eed61e12b33fae39ee5e7012498b51d56abc0abb7c60486157bd471c4694"},
    {"get-vanilla-query-unreserved", "GET", "/", kLetters + "=" + kLetters, {}, "", kPlain,
     "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197"},
    {"get-vanilla-utf8-query", "GET", "/", "\xe1\x88\xb4=bar", {}, "", kPlain, "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
    {"post-header-key-case", "POST", "/", "", {}, "", kPlain, kPostVanilla},
    {"post-header-key-sort", "POST", "/", "", {{"My-Header1", "value1"}}, "", kOne,
     "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c"},
    {"post-header-value-case", "POST", "/", "", {{"My-Header1", "VALUE1"}}, "", kOne,
     "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d"},
    {"post-vanilla", "POST", "/", "", {}, "", kPlain, kPostVanilla},
    {"post-vanilla-empty-query-value", "POST", "/", "Param1=value1", {}, "", kPlain, kPostQuery},
    {"post-vanilla-query", "POST", "/", "Param1=value1", {}, "", kPlain, kPostQuery},
    {"post-x-www-form-urlencoded", "POST", "/", "", {{"Content-Type", kForm}}, "Param1=value1", "content-type;host;x-amz-date",
     "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
    {"post-x-www-form-urlencoded-parameters", "POST", "/", "", {{"Content-Type", kForm + "; charset=utf8"}}, "Param1=value1",
     "content-type;host;x-amz-date", "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe"},
    {"get-relative", "GET", "/example/..", "", {}, "", kPlain, kVanilla},
    {"get-relative-relative", "GET", "/example1/example2/../..", "", {}, "", kPlain, kVanilla},
    {"get-slash", "GET", "//", "", {}, "", kPlain, kVanilla},
    {"get-slash-dot-slash", "GET", "/./", "", {}, "", kPlain, kVanilla},
    {"get-slash-pointless-dot", "GET", "/./example", "", {}, "", kPlain, "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5"},
    {"get-slashes", "GET", "//example//", "", {}, "", kPlain, "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
    {"get-space", "GET", "/example space/", "", {}, "", kPlain, "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
    {"post-sts-header-before", "POST", "/", "", {{"X-Amz-Security-Token", kToken}}, "", "host;x-amz-date;x-amz-security-token",
     "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead"},
};

std::string judge(const Published& published, const std::string& signature) {
  OwnedRequest request;
  request.service = "service";
  request.method = published.method;
  request.path = published.path;
  request.query = published.query;
  request.body = published.body;
  request.headers = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", "20150830T123600Z"}};
  request.headers.insert(request.headers.end(), published.headers.begin(), published.headers.end());
  request.headers.emplace_back("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" +
                                                    published.signed_headers + ", Signature=" + signature);
  Arena arena;
  const SigV4Request view = request.view();
  const auto claim = read_sigv4_claim(view, arena);
  if (!claim) return std::string(claim.error().reason);
  const auto verdict = verify_sigv4(view, *claim, {kVectorSecret, "service", "us-east-1", vector_time()});
  return verdict ? std::string() : std::string(verdict.error().reason);
}

TEST(SigV4PublishedTest, AcceptsEverySignatureOfTheSuite) {
  for (const Published& published : kSuite) EXPECT_EQ(judge(published, published.signature), "") << published.name;
}

TEST(SigV4PublishedTest, AndNoOther) {
  for (const Published& published : kSuite) {
    std::string other = published.signature;
    other.back() = other.back() == '0' ? '1' : '0';
    EXPECT_EQ(judge(published, other), "sigv4_mismatch") << published.name;
  }
}

TEST(SigV4PublishedTest, ATokenThatIsNotSignedIsRefused) {
  Published after = {"post-sts-header-after", "POST", "/", "", {{"X-Amz-Security-Token", kToken}}, "", kPlain, kPostVanilla};
  EXPECT_EQ(judge(after, kPostVanilla), "sigv4_unsigned_header");
}

}  // namespace
}  // namespace gatehouse::crypto
