// The mock integration: answers from the configuration alone.
#pragma once

#include "gatehouse/integration/settings.hpp"
#include "gatehouse/pipeline/integration.hpp"

#include <memory>

namespace gatehouse::integration {

// Without a Content-Type among the headers, a body that begins like a JSON object or array is application/json, any other
// text/plain.
std::shared_ptr<const pipeline::Integration> make_mock(MockSettings settings);

}  // namespace gatehouse::integration
