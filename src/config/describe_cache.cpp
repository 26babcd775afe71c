// `cache` of the gateway, an API or a route.
#include "descriptions.hpp"
#include "scalars.hpp"
#include "web_texts.hpp"

#include <algorithm>

namespace gatehouse::config {
namespace {

using middleware::CacheCredentials;
using middleware::CacheFreshness;
using middleware::CacheInvalidationRefusal;
using middleware::CacheInvalidators;
using middleware::CacheSettings;

using Names = std::vector<std::string>;

// `query`: all parameters, or these.
struct KeyQuery {
  bool all = true;
  Names names;
  bool operator==(const KeyQuery&) const = default;
};
struct QueryNames {
  using Value = KeyQuery;
  static constexpr Node::Kind kNode = Node::Kind::kList;
  List<Text<std::string>> names = maybe_empty_list_of(kQueryName, "[page, sort]");

  std::string expected() const { return names.expected(); }
  std::string print(const KeyQuery&) const { return {}; }
  bool read(const Cursor& at, KeyQuery& value) const {
    value.all = false;
    return names.read(at, value.names);
  }
  Shape shape(Model& model) const { return names.shape(model); }
};

void describe_key(Fields& f, CacheSettings& s) {
  KeyQuery query;
  const Words<KeyQuery, 1> all{{{{"all", {}}}}};
  f.field("query", query, WordsOr<Words<KeyQuery, 1>, QueryNames>{all, QueryNames{}},
          "The query parameters that tell answers apart: all, or these and no others.");
  f.field("headers", s.headers, maybe_empty_list_of(kConditionField, "[accept-language]"),
          "Request headers that do so too, besides those that an answer's Vary names.");
  s.all_query = query.all;
  s.query = std::move(query.names);
  std::sort(s.query.begin(), s.query.end());
}
constexpr Object<CacheSettings> kKey{"cache_key", "What tells answers apart, besides host, route and path.",
                                     "{query: [page], headers: [accept-language]}", describe_key};

void describe_invalidate(Fields& f, CacheSettings& s) {
  f.field("by", s.invalidators,
          Words<CacheInvalidators, 3>{{{{"nobody", CacheInvalidators::kNobody},
                                        {"authenticated", CacheInvalidators::kAuthenticated},
                                        {"anybody", CacheInvalidators::kAnybody}}}},
          "Who is heard: authenticated are those whom an authorizer of the route accepted.");
  f.field("others", s.refusal,
          Words<CacheInvalidationRefusal, 3>{{{{"ignore", CacheInvalidationRefusal::kIgnore},
                                               {"warn", CacheInvalidationRefusal::kWarn},
                                               {"forbid", CacheInvalidationRefusal::kForbid}}}},
          "What the others get: the kept answer; the same with a Warning header; or 403.");
}
constexpr Object<CacheSettings> kInvalidate{
    "cache_invalidate", "Clients that ask for a new answer by Cache-Control: max-age or no-cache, and are heard or not.",
    "{by: authenticated, others: forbid}", describe_invalidate};

// GET, or GET and HEAD.
void describe_methods(Fields& f, CacheSettings& s) {
  Names methods = {"GET", "HEAD"};
  const Words<std::string, 2> word{{{{"GET", "GET"}, {"HEAD", "HEAD"}}}};
  f.field("methods", methods, list_of(word, "[GET, HEAD]"),
          "Which requests it answers. HEAD is answered from what GET left. Default: both.");
  const auto has = [&](std::string_view method) { return std::find(methods.begin(), methods.end(), method) != methods.end(); };
  if (f.reading() != nullptr && !has("GET")) f.reading()->problem_at("methods", "a cache without GET never holds anything", "add GET");
  s.head = has("HEAD");
}

void describe_details(Fields& f, CacheSettings& s) {
  f.field("ttl", s.ttl, kDurationOrNone,
          "How long an answer is fresh whose headers do not say. 0s: it is not kept.");
  f.field("freshness", s.freshness,
          Words<CacheFreshness, 2>{{{{"backend", CacheFreshness::kBackend}, {"ttl", CacheFreshness::kTtl}}}},
          "backend: Cache-Control and Expires of the backend count before ttl. ttl: ttl counts whatever they say, but for "
          "no-store and private.");
  f.field("key", s, kKey, "What tells answers apart.");
  describe_methods(f, s);
  f.field("max_item", s.max_item, Ranged<std::uint64_t>{kAnySize, 1, kGiB}, "Longer answers are not kept.");
  f.field("credentials", s.credentials,
          Words<CacheCredentials, 3>{{{{"none", CacheCredentials::kNone},
                                       {"shared", CacheCredentials::kShared},
                                       {"per_identity", CacheCredentials::kPerIdentity}}}},
          "Requests with an identity, an Authorization or a Cookie header. none: passed by the cache. shared: answered like all "
          "others. per_identity: with what was kept for the same credentials.");
  f.field("set_cookie", s.set_cookie, kBoolean, "Whether answers that set cookies are kept.");
  f.field("stale_while_revalidate", s.stale_while_revalidate, kDurationOrNone,
          "How long past its freshness an answer is still given while a new one is fetched in the background.");
  f.field("stale_if_error", s.stale_if_error, kDurationOrNone,
          "How long past its freshness an answer is still given when the backend fails.");
  f.field("wait", s.wait, kDurationOrNone,
          "How long a request waits for another one that fetches the same answer; then it goes to the backend itself.");
  f.field("invalidate", s, kInvalidate, "Clients that ask for a new answer.");
}
constexpr Object<CacheSettings> kCache{"cache", "Keeps answers of backends and gives them again (RFC 9111).",
                                       "{ttl: 5m, key: {query: [page]}}", describe_details};

CacheSettings none() {
  CacheSettings settings;
  settings.enabled = false;
  return settings;
}

}  // namespace

void describe_cache(Fields& f, ScopedSettings& s) {
  const Words<CacheSettings, 2> words{{{{"none", none()}, {"true", {}}}}};
  const bool good = f.field("cache", s.cache, WordsOr<Words<CacheSettings, 2>, Object<CacheSettings>>{words, kCache},
                            "A cache of answers, for routes with a backend. true: what the backend says may be kept. Default: none.");
  if (good && s.cache->enabled) f.reading()->reader().uses_cache = true;
}

void refuse_cache_without_backend(Fields& f, const ScopedSettings& s) {
  if (f.reading() == nullptr || !s.cache || !s.cache->enabled || f.given("backend")) return;
  f.reading()->problem_at("cache", "a cache is for routes with a backend", "leave it out");
}

}  // namespace gatehouse::config
