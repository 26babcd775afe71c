// Which claims of the caller an answer depends on. Pure functions.
#pragma once

#include "gatehouse/config/settings.hpp"
#include "gatehouse/crypto/claims.hpp"

#include <functional>
#include <vector>

namespace gatehouse::config {

using TemplateVisitor = std::function<void(const pipeline::ValueTemplate&)>;

// Every template of what answers.
void each_template(const IntegrationSettings& integration, const TemplateVisitor& visit);

// Those without a default in keys, bounds and values of a route on a table, in the request of a call, in the path for a backend: with
// a claim missing it would be about something else than it is meant to.
std::vector<crypto::ClaimPath> needed_claims(const IntegrationSettings& integration);

}  // namespace gatehouse::config
