// Alone in its file: simdjson's header takes a second to compile.
#include "gatehouse/dynamo/wire/json_reader.hpp"

#include <simdjson.h>

namespace gatehouse::dynamo {

bool is_valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace gatehouse::dynamo
