// The kinds of values that belong to the web: URLs, hosts, paths, methods, fields, origins, and texts with variables.
#pragma once

#include "gatehouse/middleware/settings.hpp"
#include "gatehouse/pipeline/value_template.hpp"
#include "gatehouse/upstream/settings.hpp"
#include "kinds.hpp"
#include "scalars.hpp"

#include <string>
#include <string_view>

namespace gatehouse::config {

// `host:` of a backend and `per:` of a throttle are two members each.
struct HostChoice {
  upstream::HostHeader kind = upstream::HostHeader::kTarget;
  std::string name;
  bool operator==(const HostChoice&) const = default;
};
struct ThrottlePer {
  middleware::ThrottleKey key = middleware::ThrottleKey::kRoute;
  std::string header;
  std::string claim = {};
  bool operator==(const ThrottlePer&) const = default;
};

extern const Text<upstream::TargetSettings> kTargetUrl;  // http://orders-1:8000; the weight stays
extern const Text<std::string> kHostName;                // api.example.com, *.example.com, in lower case when read
extern const Text<std::string> kServerName;              // a host name or an IP address
extern const Text<HostChoice> kFixedHost;                // a host, perhaps with a port
extern const Text<std::string> kBasePath;                // /v1; "/" is read as ""
extern const Text<std::string> kUrlPath;                 // /healthz?full=1
extern const Text<std::string> kMethod;                  // GET, *
extern const Text<std::string> kFieldName;               // of a header; a token
extern const Text<std::string> kFieldNameOrAny;          // or *
extern const Text<std::string> kConditionField;          // of a header, in lower case when read
extern const Text<std::string> kOrigin;                  // https://shop.example.com, https://*.example.com, *
extern const Text<upstream::BalanceSettings> kHashOf;    // $header.x-user, $cookie.name, $client_ip
extern const Text<ThrottlePer> kThrottleValue;           // $header.x, $claims.x
extern const Text<std::string> kRelativeFile;            // inside a folder: index.html
extern const Text<std::string> kQueryName;

// A text with variables. `braces`: a path, in which {id} is a path variable.
struct Template {
  enum class Use : unsigned char { kFieldValue, kBody, kPath, kErrorField, kErrorText, kErrorJson };
  using Value = pipeline::ValueTemplate;
  using BodyValues = Value::BodyValues;
  Use use;
  BodyValues body = BodyValues::kUnknown;

  std::string expected() const;
  std::string print(const Value& value) const { return value.text(); }
  bool read(const Cursor& at, Value& value) const;
  Shape shape(Model& model) const;
};
inline constexpr Template kFieldValue{Template::Use::kFieldValue};
inline constexpr Template kBodyText{Template::Use::kBody};
// Of what goes to a backend, where $body is known.
inline constexpr Template kRequestValue{Template::Use::kFieldValue, Template::BodyValues::kKnown};
inline constexpr Template kPathTemplate{Template::Use::kPath, Template::BodyValues::kKnown};
// Of error_responses, where $context.error.x is known.
inline constexpr Template kErrorField{Template::Use::kErrorField};
inline constexpr Template kErrorText{Template::Use::kErrorText};
inline constexpr Template kErrorJson{Template::Use::kErrorJson};

}  // namespace gatehouse::config
