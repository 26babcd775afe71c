// What authorizers can say about a caller. Pure functions.
#pragma once

#include "gatehouse/config/settings.hpp"

namespace gatehouse::config {

struct CallerFacts {
  bool asked = false;    // somebody asks who calls
  bool api_key = false;  // by an API key, among others
  bool claims = false;   // one of the authorizers finds claims
};

// Of the route with what it inherits. An authorizer that is not defined is given every benefit: it is a problem of its own.
CallerFacts caller_facts(const Settings& settings, const ApiSettings& api, const RouteSettings& route);

}  // namespace gatehouse::config
