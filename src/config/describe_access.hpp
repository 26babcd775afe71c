// The descriptions of who may call: addresses, policies, signatures, passwords.
#pragma once

#include "descriptions.hpp"
#include "gatehouse/middleware/access_settings.hpp"

namespace gatehouse::config {

// A policy in Amazon's JSON: as a YAML map, as text, or in a file. It must be a good one.
struct PolicyDocument {
  using Value = middleware::PolicySettings;
  static constexpr Node::Kind kNode = Node::Kind::kMap;
  enum class None : unsigned char { kNotAllowed, kAllowed };  // whether `none` stands for no policy
  None none = None::kNotAllowed;

  std::string expected() const;
  std::string print(const Value&) const { return {}; }
  bool read(const Cursor& at, Value& value) const;
  Shape shape(Model& model) const;
};

// ip, policy: what may be said at the gateway, an API or a route.
void describe_scoped_access(Fields& fields, ScopedSettings& settings);

extern const Object<middleware::SigV4Settings> kSigV4;
extern const Object<middleware::BasicSettings> kBasic;
extern const Object<middleware::HttpAuthorizerSettings> kHttpAuthorizer;

}  // namespace gatehouse::config
