// Writes JSON straight from the stored encoding, appended to a buffer. Pure functions.
#pragma once

#include "gatehouse/dynamo/wire/value.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace gatehouse::dynamo {

class JsonSink;

void write_json_string(std::string& to, std::string_view text);  // with quotes
void write_json_integer(std::string& to, std::int64_t value);
void write_json_value(std::string& to, Value value);             // {"S":"…"}
void write_json_item(std::string& to, const Map& item);          // {"name":{"S":"…"},…}
std::uint64_t write_json_item_sized(JsonSink& to, const Map& item);  // and what size_of(item) says, in the same pass
void write_plain_value(std::string& to, Value value);            // "…", 5, true, null, […], {…}
void write_plain_item(std::string& to, const Map& item);

std::string base64(std::string_view bytes);
void append_base64(std::string& to, std::string_view bytes);
// Standard alphabet with padding; false when malformed.
bool append_base64_decoded(std::string& to, std::string_view text);

// CRC-32 (IEEE) as x-amz-crc32 carries it.
std::uint32_t crc32(std::string_view bytes);

}  // namespace gatehouse::dynamo
