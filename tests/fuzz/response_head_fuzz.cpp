// Response heads: they mean the same however they are cut; what is accepted, Beast accepts with the same meaning; written
// anew and read again it is the same response.
#include "codec_fuzz.hpp"
#include "http/serializer.hpp"

namespace gatehouse::http::testing {
namespace {

constexpr HeadLimits kTightLimits{.head = 120, .uri = 0, .headers = 3};
constexpr std::uint64_t kNotForwarded = kHopByHop | bit(FieldId::kContentLength);

// Beast refuses two things that are accepted here: a status line without the space behind the status, and a malformed list
// in Proxy-Connection, which is dropped unread.
void require_beast_agrees(std::string_view bytes, const IncomingResponse& head) {
  if (head.fields.has(FieldId::kProxyConnection) || bytes.substr(12, 1) != " ") return;
  BeastParser<false> beast;
  const auto code = beast.read(bytes);
  require(!code && beast.is_header_done(), "Beast accepts what is accepted", code.message());
  require(beast.status == head.status, "the same status");
  require(beast.reason == head.reason, "the same reason", beast.reason);
  require(beast.version == (head.version == Version::kHttp10 ? 10 : 11), "the same version");
  require(beast.fields == texts_of(head.fields, Which::kAll), "the same fields");
  require(beast.chunked() == head.fields.has(FieldId::kTransferEncoding), "the same framing");
}

void require_valid(const HeadParser& parser, const IncomingResponse& head) {
  require_clean(head.fields);
  require(head.status >= 100 && head.status <= 599, "a status");
  require(head.fields.count(FieldId::kContentLength) + head.fields.count(FieldId::kTransferEncoding) <= 1,
          "one framing");
  require(parser.response_framing(Method::kHead) == Framing::kNone, "no body for HEAD");
  require(head.has_body == (parser.response_framing(Method::kGet) != Framing::kNone), "a body is framed");
  require(head.protocol.empty() || head.status == 101, "a protocol only with 101");
}

void require_same_when_written_anew(const HeadParser& parser, const IncomingResponse& head) {
  Arena arena;
  ResponseHead out(arena);
  out.status = head.status;
  out.reason = head.reason;
  out.base = &head.fields;
  out.content_length = head.content_length;
  const Framing framing = parser.response_framing(Method::kGet);
  Bytes bytes;
  write_response_head(bytes, out, framing, ConnectionOption::kNone, false, {});

  HeadFeed feed(HeadKind::kResponse, {.head = 1 << 20, .uri = 0, .headers = 1000});
  require(feed.give(bytes.view()) == ParseStatus::kComplete, "what was written is a head", feed.told());
  require(feed.parser().head_size() == bytes.size(), "and one head alone");
  const IncomingResponse back = feed.response(Method::kGet);
  require(back.status == head.status, "with the same status");
  require(back.reason == (head.reason.empty() ? reason_phrase(head.status) : head.reason), "and reason", back.reason);
  require(feed.parser().response_framing(Method::kGet) == framing, "and framing");
  require(back.content_length == head.content_length, "and length");
  require(texts_of(back.fields, Which::kForwarded, kNotForwarded) ==
              texts_of(head.fields, Which::kForwarded, kNotForwarded),
          "and the fields that are forwarded");
}

}  // namespace
}  // namespace gatehouse::http::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::http;
  using namespace gatehouse::http::testing;
  const std::string_view bytes = text_of(data, size);
  require_same_however_cut(HeadKind::kResponse, bytes, kUsualLimits);
  require_same_however_cut(HeadKind::kResponse, bytes, kTightLimits);
  HeadFeed feed(HeadKind::kResponse, kUsualLimits);
  if (feed.give(bytes) != ParseStatus::kComplete) return 0;
  const IncomingResponse head = feed.response(Method::kGet);
  require_valid(feed.parser(), head);
  require_beast_agrees(bytes.substr(0, feed.parser().head_size()), head);
  require_same_when_written_anew(feed.parser(), head);
  return 0;
}
