#include "wsapi/fleet_message.hpp"

#include <cstring>

namespace gatehouse::wsapi {
namespace {

// Of the bytes below. Another one is not understood: such messages are dropped, and who asked hears nothing in time.
constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kMostDescriptions = 10'000;
constexpr std::size_t kMostGroups = 10'000;

class Writer {
 public:
  template <class T>
  void number(T value) {
    for (std::size_t i = 0; i < sizeof(T); ++i) bytes_.push_back(static_cast<char>(value >> (8 * i) & 255));
  }
  void text(std::string_view text) {
    number(static_cast<std::uint32_t>(text.size()));
    bytes_.append(text);
  }
  void raw(const void* from, std::size_t size) { bytes_.append(static_cast<const char*>(from), size); }
  void reserve(std::size_t size) { bytes_.reserve(size); }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

// After the first thing that is not there, everything is empty and ok() false.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T number() {
    const std::string_view bytes = raw(sizeof(T));
    T value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) value = static_cast<T>(value | static_cast<T>(static_cast<T>(static_cast<std::uint8_t>(bytes[i])) << (8 * i)));
    return value;
  }
  std::string_view text() { return raw(number<std::uint32_t>()); }
  std::string_view raw(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::int64_t milliseconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

// What the clock cannot tell is its end.
std::chrono::system_clock::time_point time_of(std::uint64_t milliseconds) {
  constexpr std::uint64_t kMost = 9'000'000'000'000;  // the year 2255
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(static_cast<std::int64_t>(std::min(milliseconds, kMost))));
}

bool read_description(Reader& reader, Description& description) {
  const auto id = ConnectionId::parse(reader.text());
  if (!id) return false;
  description.id = *id;
  description.connected_at = time_of(reader.number<std::uint64_t>());
  description.last_active = time_of(reader.number<std::uint64_t>());
  const auto source = IpAddress::parse(reader.text());
  if (!source) return false;
  description.source = *source;
  description.user_agent = reader.text();
  description.subject = reader.text();
  const auto groups = reader.number<std::uint32_t>();
  if (groups > kMostGroups) return false;
  for (std::uint32_t i = 0; i < groups && reader.ok(); ++i) description.groups.emplace_back(reader.text());
  return reader.ok();
}

}  // namespace

std::string write_message(const FleetMessage& message) {
  Writer writer;
  writer.reserve(64 + message.api.size() + message.id.size() + message.group.size() + message.payload.size());
  writer.number(kVersion);
  writer.number(static_cast<std::uint8_t>(message.op));
  writer.number(static_cast<std::uint8_t>(message.outcome));
  writer.number(static_cast<std::uint8_t>(message.binary ? 1 : 0));
  writer.number(message.code);
  writer.number(message.from);
  writer.number(message.limit);
  writer.number(message.number);
  writer.number(message.sent);
  writer.number(message.full);
  for (const std::string_view text : {message.api, message.id, message.group, message.payload}) writer.text(text);
  return writer.take();
}

std::optional<FleetMessage> read_message(std::string_view bytes) {
  Reader reader(bytes);
  FleetMessage message;
  if (reader.number<std::uint8_t>() != kVersion) return std::nullopt;
  const auto op = reader.number<std::uint8_t>();
  const auto outcome = reader.number<std::uint8_t>();
  if (op > static_cast<std::uint8_t>(FleetMessage::Op::kList) || outcome > static_cast<std::uint8_t>(kLastOutcome)) return std::nullopt;
  message.op = static_cast<FleetMessage::Op>(op);
  message.outcome = static_cast<Outcome>(outcome);
  message.binary = reader.number<std::uint8_t>() != 0;
  message.code = reader.number<std::uint16_t>();
  message.from = reader.number<std::uint32_t>();
  message.limit = reader.number<std::uint32_t>();
  message.number = reader.number<std::uint64_t>();
  message.sent = reader.number<std::uint64_t>();
  message.full = reader.number<std::uint64_t>();
  for (std::string_view* const text : {&message.api, &message.id, &message.group, &message.payload}) *text = reader.text();
  if (!reader.at_end()) return std::nullopt;
  return message;
}

std::string write_descriptions(const std::vector<Description>& descriptions) {
  Writer writer;
  writer.number(static_cast<std::uint32_t>(descriptions.size()));
  for (const Description& description : descriptions) {
    writer.text(description.id.to_string());
    writer.number(static_cast<std::uint64_t>(milliseconds(description.connected_at)));
    writer.number(static_cast<std::uint64_t>(milliseconds(description.last_active)));
    writer.text(description.source.to_string());
    writer.text(description.user_agent);
    writer.text(description.subject);
    writer.number(static_cast<std::uint32_t>(description.groups.size()));
    for (const std::string& group : description.groups) writer.text(group);
  }
  return writer.take();
}

std::optional<std::vector<Description>> read_descriptions(std::string_view bytes) {
  Reader reader(bytes);
  const auto count = reader.number<std::uint32_t>();
  if (count > kMostDescriptions) return std::nullopt;
  std::vector<Description> descriptions;
  for (std::uint32_t i = 0; i < count; ++i) {
    Description description;
    if (!read_description(reader, description)) return std::nullopt;
    descriptions.push_back(std::move(description));
  }
  if (!reader.at_end()) return std::nullopt;
  return descriptions;
}

std::string_view payload_of(const http::PreparedFrame& frame) {
  const std::string_view wire = frame.wire();
  return wire.substr(wire.size() - frame.payload_size());
}

bool is_binary(const http::PreparedFrame& frame) {
  const std::string_view wire = frame.wire();
  return !wire.empty() && (static_cast<unsigned>(wire.front()) & 15U) == static_cast<unsigned>(http::websocket::Opcode::kBinary);
}

http::PreparedFrame frame_of(const FleetMessage& message) {
  return {message.binary ? http::websocket::Opcode::kBinary : http::websocket::Opcode::kText, message.payload};
}

}  // namespace gatehouse::wsapi
