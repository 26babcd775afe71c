#include "caller_facts.hpp"

#include <algorithm>

namespace gatehouse::config {
namespace {

struct FactsOf {
  CallerFacts operator()(const middleware::ApiKeySettings&) const { return {true, true, false}; }
  CallerFacts operator()(const middleware::JwtSettings&) const { return {true, false, true}; }
  // Names of access keys and users have a bucket of `per: api_key` each, as keys have.
  CallerFacts operator()(const middleware::SigV4Settings&) const { return {true, true, false}; }
  CallerFacts operator()(const middleware::BasicSettings&) const { return {true, true, false}; }
  CallerFacts operator()(const middleware::HttpAuthorizerSettings&) const { return {true, true, true}; }
};

}  // namespace

CallerFacts caller_facts(const Settings& settings, const ApiSettings& api, const RouteSettings& route) {
  const auto& outer = api.scoped.auth ? api.scoped.auth : settings.scoped.auth;
  const auto& auth = route.scoped.auth ? route.scoped.auth : api.stage_scoped.auth ? api.stage_scoped.auth : outer;
  CallerFacts facts;
  if (!auth) return facts;
  for (const auto& group : *auth) {
    for (const std::string& name : group) {
      const auto known = std::ranges::find(settings.authorizers, name, &AuthorizerSettings::name);
      const CallerFacts of = known == settings.authorizers.end() ? CallerFacts{true, true, true} : std::visit(FactsOf(), known->kind);
      facts.asked = true;
      facts.api_key = facts.api_key || of.api_key;
      facts.claims = facts.claims || of.claims;
    }
  }
  return facts;
}

}  // namespace gatehouse::config
