// Chunked bodies: they mean the same however they are cut; what is accepted, Beast accepts with the same data; written anew
// and read again it is the same body with the same trailers.
#include "codec_fuzz.hpp"
#include "http/serializer.hpp"
#include "unit/http/chunked_text.hpp"

namespace gatehouse::http::testing {
namespace {

constexpr HeadLimits kTightLimits{.head = 30, .uri = 0, .headers = 2};

void require_same_however_cut(std::string_view bytes, HeadLimits limits) {
  const std::string whole = tell_chunked_whole(bytes, limits);
  const std::size_t stride = 2 + bytes.size() / 8 + bytes.size() % 7;
  const std::string in_pieces =
      tell_chunked(bytes, [&](std::size_t at) { return 1 + at % stride; }, stride / 2, limits);
  require(in_pieces == whole, "a body means the same however it is cut", whole + "\nin pieces:\n" + in_pieces);
  if (bytes.size() > 200) return;
  const std::string byte_by_byte = tell_chunked(bytes, [](std::size_t) { return std::size_t{1}; }, 1, limits);
  require(byte_by_byte == whole, "a body means the same byte by byte", whole + "\nbyte by byte:\n" + byte_by_byte);
}

// The body, its trailers behind `reader`, and how many bytes it took; nothing when it is incomplete or malformed.
std::optional<std::string> read(ChunkedReader& reader, std::string_view bytes, std::size_t& used) {
  reader.restart(kUsualLimits);
  std::string body;
  for (used = 0;;) {
    const ChunkedReader::Step step = reader.next(bytes.substr(used));
    used += step.used;
    if (step.state == ChunkedReader::State::kEnd) return body;
    if (step.state != ChunkedReader::State::kData) return std::nullopt;
    body += step.data;
    used += step.data.size();
    reader.took(step.data.size());
  }
}

// Beast judges the framing fields of trailers as if they stood in the head; here they are dropped.
bool is_about_a_field(boost::beast::error_code code) {
  using boost::beast::http::error;
  return code == error::bad_content_length || code == error::multiple_content_length ||
         code == error::bad_transfer_encoding || code == error::bad_value;
}

void require_beast_agrees(std::string_view bytes, const std::string& body) {
  BeastParser<false> beast;
  beast.eager(true);
  const std::string message = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(bytes);
  const auto code = beast.read(message);
  require(is_about_a_field(code) || (!code && beast.is_done()), "Beast accepts what is accepted", code.message());
  require(beast.body == body, "with the same data", beast.body);
}

void require_same_when_written_anew(const ChunkedReader& reader, const std::string& body) {
  Bytes bytes;
  if (!body.empty()) {
    bytes.commit(static_cast<std::size_t>(write_chunk_header(bytes.reserve(18), body.size()) - bytes.view().data()));
    bytes.append(body);
    bytes.append("\r\n");
  }
  write_last_chunk(bytes, reader.trailers());
  ChunkedReader again;
  std::size_t used = 0;
  const auto back = read(again, bytes.view(), used);
  require(back == body, "what was written is the same body", bytes.view());
  require(used == bytes.size(), "and nothing behind it");
  require(texts_of(again.trailers(), Which::kAll) == texts_of(reader.trailers(), Which::kAll),
          "with the same trailers");
}

}  // namespace
}  // namespace gatehouse::http::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::http;
  using namespace gatehouse::http::testing;
  const std::string_view bytes = text_of(data, size);
  require_same_however_cut(bytes, kUsualLimits);
  require_same_however_cut(bytes, kTightLimits);
  ChunkedReader reader;
  std::size_t used = 0;
  const auto body = read(reader, bytes, used);
  if (!body) return 0;
  require_clean(reader.trailers());
  require_beast_agrees(bytes.substr(0, used), *body);
  require_same_when_written_anew(reader, *body);
  return 0;
}
