#include "describe_access.hpp"
#include "gatehouse/base/strings.hpp"
#include "gatehouse/crypto/digest.hpp"
#include "gatehouse/crypto/password.hpp"
#include "web_texts.hpp"

#include <string>
#include <unordered_map>

namespace gatehouse::config {
namespace {

using middleware::CallPattern;

void describe_ip(Fields& f, middleware::IpRules& s) {
  std::vector<std::string> allow;
  std::vector<std::string> deny;
  f.field("allow", allow, list_of(kNetwork, "[10.0.0.0/8]"), "Who may call: addresses and networks. Default: everybody.");
  f.field("deny", deny, list_of(kNetwork, "[192.0.2.7]"), "Who may not, also when `allow` names them.");
  for (const std::string& network : allow) s.allow.add(network);
  for (const std::string& network : deny) s.deny.add(network);
}
constexpr Object<middleware::IpRules> kIp{
    "ip", "Which clients may call, by address: the client's own, behind trusted proxies too. Others are answered with 403.",
    "{allow: [10.0.0.0/8], deny: [10.6.6.6]}", describe_ip};

bool parse_call(std::string_view text, CallPattern& value, Complaint&) {
  const std::size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return false;
  const std::string_view method = text.substr(0, blank);
  const std::string_view path = trim(text.substr(blank));
  for (const char c : method)
    if (!((c >= 'A' && c <= 'Z') || c == '-' || c == '*')) return false;
  if (method.empty() || path.empty() || (path[0] != '/' && path != "*")) return false;
  value.method = method == "ANY" || method == "*" ? std::string() : std::string(method);
  value.path = std::string(path);
  return true;
}
std::string print_call(const CallPattern& value) { return (value.method.empty() ? "ANY" : value.method) + ' ' + value.path; }
constexpr Text<CallPattern> kCall{"call",
                                  "\"METHOD /path\" such as \"GET /orders/*\" or \"ANY /orders/*\", where * is anything",
                                  "^([A-Z*-]+) +(/.*|\\*)$",
                                  {"GET /orders/*", "ANY *"},
                                  parse_call,
                                  print_call};

// Says which of the ids stand twice.
template <class T>
void refuse_twins(const Cursor& at, std::string_view list, std::string_view key, const std::vector<T>& all, std::string T::*id) {
  const Node::Entry* const entry = at.node().find(list);
  if (entry == nullptr || entry->value->items.size() != all.size()) return;
  const Cursor items = at.child(*entry);
  std::unordered_map<std::string_view, std::size_t> seen;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string& name = all[i].*id;
    if (seen.emplace(name, i).second || name.empty()) continue;
    items.item(i).problem_at(key, "the " + std::string(key) + ' ' + in_quotes(name) + " is given twice", "give each one of its own");
  }
}

void describe_access_key(Fields& f, middleware::SigV4Key& s) {
  f.field("id", s.id, kName, "The access key id that requests name: for logs, metrics and throttles too.", Need::kRequired);
  f.field("secret", s.secret, kSecret, "The secret access key, by reference.", Need::kRequired);
  f.field("session_token", s.session_token, kSecret, "The session token that requests must show with it. Default: they must show none.");
  f.field("allow", s.allow, list_of(kCall, "[\"GET /orders/*\"]"),
          "What the key may call: method and path as routed, base path included. Without `allow` and `policy`: everything.");
  f.field("policy", s.policy, PolicyDocument{}, "What the key may call, as a policy in Amazon's JSON.");
}
constexpr Object<middleware::SigV4Key> kAccessKey{"sigv4_access_key", "One access key.", "{id: ci, secret: \"${CI_SECRET}\"}",
                                                  describe_access_key};

void describe_sigv4(Fields& f, middleware::SigV4Settings& s) {
  f.field("access_keys", s.access_keys, maybe_empty_list_of(kAccessKey, "[{id: ci, secret: \"${CI_SECRET}\"}]"),
          "Whose signatures are accepted. Without any, nobody's are.");
  f.field("service", s.service, kName, "The service in the credential scope. Default: dynamodb on dynamodb routes, else execute-api.");
  f.field("region", s.region, kName, "The region in the credential scope. Default: any.");
  f.field("body", s.body, Ranged<std::uint64_t>{kAnySize, 0, 64 * kMiB},
          "A signed body, or each chunk of one that is signed in chunks, is held until it is known to be the one that was signed: beyond this 413.");
  f.field("unsigned_payload", s.unsigned_payload, kBoolean,
          "Whether bodies may be unsigned (UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER): they are then forwarded as they come.");
  if (f.reading() != nullptr) refuse_twins(*f.reading(), "access_keys", "id", s.access_keys, &middleware::SigV4Key::id);
}

bool parse_hash(std::string_view text, std::string& value, Complaint& complaint) {
  if (!crypto::is_password_hash(text)) {
    complaint.message = "this is no hash of crypt(5) by yescrypt, bcrypt or SHA-crypt";
    complaint.fix = "make one with: mkpasswd --method=yescrypt, or htpasswd -nB NAME";
    return false;
  }
  value = std::string(text);
  return true;
}

// The hash of a password: a secret, because it can be guessed at.
struct PasswordHash {
  using Value = std::string;
  std::string expected() const { return kSecret.expected(); }
  std::string print(const std::string&) const { return {}; }
  bool read(const Cursor& at, std::string& value) const {
    std::string text;
    if (!kSecret.read(at, text)) return false;
    Complaint complaint;
    if (parse_hash(text, value, complaint)) return true;
    at.problem(complaint);
    return false;
  }
  Shape shape(Model& model) const { return kSecret.shape(model); }
};

bool parse_user(std::string_view text, std::string& value, Complaint& complaint) {
  if (text.empty() || text.size() > 255 || text.find(':') != std::string_view::npos) {
    complaint.fix = "a name of RFC 7617 holds no colon";
    return false;
  }
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  value = std::string(text);
  return true;
}
constexpr Text<std::string> kUserName{"user_name", "a user's name without a colon", "^[^:]{1,255}$", {"ada"}, parse_user, print_text};

void describe_user(Fields& f, middleware::BasicUser& s) {
  f.field("name", s.name, kUserName, "Who it is: for logs, metrics and throttles too.", Need::kRequired);
  std::string password;
  if (f.field("password", password, kSecret, "The password, by reference.")) s.sha256 = crypto::sha256_hex(password);
  f.field("sha256", s.sha256, kSha256, "The SHA-256 of a password that is random and long: of one that can be guessed, take its `hash`.");
  f.field("hash", s.hash, PasswordHash{}, "The password as crypt(5) writes it, by yescrypt, bcrypt or SHA-crypt: slow to guess at.");
  f.exactly_one({"password", "sha256", "hash"});
}
constexpr Object<middleware::BasicUser> kUser{"basic_user", "One user.", "{name: ada, password: \"${ADA_PASSWORD}\"}", describe_user};

void describe_basic(Fields& f, middleware::BasicSettings& s) {
  f.field("users", s.users, maybe_empty_list_of(kUser, "[{name: ada, password: \"${ADA_PASSWORD}\"}]"), "Who is accepted.");
  f.field("realm", s.realm, kLine, "What browsers tell their users that the password is for.");
  if (f.reading() != nullptr) refuse_twins(*f.reading(), "users", "name", s.users, &middleware::BasicUser::name);
}

}  // namespace

constexpr Object<middleware::SigV4Settings> kSigV4{"sigv4", "Clients sign their requests with AWS Signature Version 4.",
                                                   "{access_keys: [{id: ci, secret: \"${CI_SECRET}\"}]}", describe_sigv4};
constexpr Object<middleware::BasicSettings> kBasic{"basic", "Clients show a name and a password (RFC 7617).",
                                                   "{users: [{name: ada, password: \"${ADA_PASSWORD}\"}]}", describe_basic};

void describe_scoped_access(Fields& f, ScopedSettings& s) {
  const Words<middleware::IpRules, 1> anybody{{{{"none", {}}}}};
  f.field("ip", s.ip, WordsOr<Words<middleware::IpRules, 1>, Object<middleware::IpRules>>{anybody, kIp},
          "Which clients may call, by address, before anything else is asked of them. none: all.");
  f.field("policy", s.policy, PolicyDocument{PolicyDocument::None::kAllowed},
          "A resource policy: what it denies nobody may call; what it does not allow, only those whom a policy of their own does. none: "
          "no policy.");
}

}  // namespace gatehouse::config
