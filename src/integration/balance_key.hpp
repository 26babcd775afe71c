// What a backend that balances by hash looks at. Pure.
#pragma once

#include "gatehouse/pipeline/context.hpp"
#include "gatehouse/upstream/settings.hpp"

#include <cstdint>

namespace gatehouse::integration {

// The same for the same client, header or cookie in every process; 0 where the backend does not ask for it. A request
// without the header or cookie goes by the client's address.
std::uint64_t balance_key(const pipeline::RequestContext& context, const upstream::BalanceSettings& balance);

}  // namespace gatehouse::integration
