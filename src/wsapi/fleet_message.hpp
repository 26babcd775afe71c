// What nodes of a fleet say to each other about connections: requests and their answers, as bytes. Pure functions.
#pragma once

#include "gatehouse/wsapi/directory.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::wsapi {

struct FleetMessage {
  enum class Op : std::uint8_t { kAnswer, kSend, kClose, kDescribe, kJoin, kLeave, kBroadcast, kList };

  Op op = Op::kAnswer;
  Outcome outcome = Outcome::kDone;  // of answers
  bool binary = false;               // kSend, kBroadcast
  std::uint16_t code = 0;            // kClose
  std::uint32_t from = 0;            // the node that says it
  std::uint32_t limit = 0;           // kList
  std::uint64_t number = 0;          // of the request, by its node
  std::uint64_t sent = 0, full = 0;  // answers to kBroadcast
  // Borrowed. `id`: a connection's, or where a list goes on; `payload`: a message, a Close frame's text, descriptions.
  std::string_view api, id, group, payload;
};

std::string write_message(const FleetMessage& message);
// Its texts lie in `bytes`. Nothing: these are none, or of a version that this one does not know.
std::optional<FleetMessage> read_message(std::string_view bytes);

std::string write_descriptions(const std::vector<Description>& descriptions);
std::optional<std::vector<Description>> read_descriptions(std::string_view bytes);

// What a frame holds.
std::string_view payload_of(const http::PreparedFrame& frame);
bool is_binary(const http::PreparedFrame& frame);
http::PreparedFrame frame_of(const FleetMessage& message);

}  // namespace gatehouse::wsapi
