// Request heads: they mean the same however they are cut; what is accepted, Beast accepts with the same meaning; written
// anew and read again it is the same request; and no text that is set splits what is written.
#include "codec_fuzz.hpp"
#include "gatehouse/base/strings.hpp"
#include "http/serializer.hpp"

namespace gatehouse::http::testing {
namespace {

constexpr HeadLimits kTightLimits{.head = 120, .uri = 12, .headers = 3};
constexpr std::uint64_t kNotForwarded =
    kHopByHop | bit(FieldId::kHost) | bit(FieldId::kContentLength) | bit(FieldId::kExpect);

// Beast refuses two things that are accepted here: empty lines before the request (left out below), and a malformed list
// in Proxy-Connection, which is dropped unread.
void require_beast_agrees(std::string_view bytes, const RequestHead& head) {
  if (head.fields.has(FieldId::kProxyConnection)) return;
  while (bytes.starts_with("\r\n")) bytes.remove_prefix(2);
  BeastParser<true> beast;
  const auto code = beast.read(bytes);
  require(!code && beast.is_header_done(), "Beast accepts what is accepted", code.message());
  require(beast.method == head.method_text, "the same method", beast.method);
  require(beast.version == (head.version == Version::kHttp10 ? 10 : 11), "the same version");
  require(beast.fields == texts_of(head.fields, Which::kAll), "the same fields");
  require(beast.target.ends_with(head.query), "the query ends the target", beast.target);
  if (beast.target[0] == '/') {
    const std::string target =
        std::string(head.path) + (head.query.data() == nullptr ? "" : "?" + std::string(head.query));
    require(beast.target == target, "the same target", beast.target);
  }
  require(beast.chunked() == head.fields.has(FieldId::kTransferEncoding), "the same framing");
}

void require_valid(const HeadParser& parser, const RequestHead& head) {
  require_clean(head.fields);
  require(head.path.starts_with('/') || (head.path == "*" && head.method == Method::kOptions), "a path has a form",
          head.path);
  for (const char c : head.path)
    require(c > ' ' && c < 0x7f && c != '#' && c != '?' && c != '\\', "a path's bytes", head.path);
  for (const char c : head.query) require(c > ' ' && c < 0x7f && c != '#', "a query's bytes", head.query);
  require(head.method != Method::kConnect, "no tunnel");
  require(!head.authority.empty() || head.version == Version::kHttp10, "an authority");
  require(head.authority.find_first_of("@/?#\\ \t<>\"") == std::string_view::npos, "an authority is a host",
          head.authority);
  require(head.fields.count(FieldId::kHost) <= 1, "one host");
  const bool chunked = head.fields.has(FieldId::kTransferEncoding);
  require(!chunked || (head.version == Version::kHttp11 && !head.content_length), "one framing");
  require(head.has_body == (parser.request_framing() != Framing::kNone), "a body is framed");
}

void require_same_when_written_anew(const HeadParser& parser, const RequestHead& head) {
  OutgoingRequest out;
  const std::string target =
      std::string(head.path) + (head.query.data() == nullptr ? "" : "?" + std::string(head.query));
  out.method = head.method_text;
  out.target = target;
  out.authority = head.authority.empty() ? "none" : head.authority;
  out.base = &head.fields;
  out.content_length = head.content_length;
  Bytes bytes;
  write_request_head(bytes, out, parser.request_framing(), ConnectionOption::kNone);

  HeadFeed feed(HeadKind::kRequest, {.head = 1 << 20, .uri = 1 << 20, .headers = 1000});
  require(feed.give(bytes.view()) == ParseStatus::kComplete, "what was written is a head", feed.told());
  require(feed.parser().head_size() == bytes.size(), "and one head alone");
  const RequestHead back = feed.request();
  require(back.method_text == head.method_text && back.path == head.path && back.query == head.query,
          "with the same target");
  require(back.authority == out.authority, "and authority", back.authority);
  require(feed.parser().request_framing() == parser.request_framing(), "and framing");
  require(!head.content_length || back.content_length == head.content_length, "and length");
  require(feed.parser().keep_alive() && back.protocol.empty(), "and nothing of the neighbour's connection");
  require(texts_of(back.fields, Which::kForwarded, kNotForwarded) ==
              texts_of(head.fields, Which::kForwarded, kNotForwarded),
          "and the fields that are forwarded");
}

// Takes any text for what configuration or code may set.
void require_unsplit(std::string_view text) {
  Arena arena;
  FieldEdits edits(arena);
  const std::string_view half = text.substr(0, text.size() / 2);
  edits.set("X-Fuzz", text);
  edits.append(half, text.substr(half.size()));
  edits.append(FieldId::kVia, half);
  OutgoingRequest out;
  const std::string target = "/" + std::string(text.substr(0, text.find_first_of("#\"<>\\^`{}")));
  out.method = "GET";
  out.target = target;
  out.authority = "a";
  out.edits = &edits;
  Bytes bytes;
  write_request_head(bytes, out, Framing::kNone, ConnectionOption::kClose);
  HeadFeed feed(HeadKind::kRequest, {.head = 1 << 20, .uri = 1 << 20, .headers = 1000});
  const bool complete = feed.give(bytes.view()) == ParseStatus::kComplete;
  // Only what half the text names can be judged: a field that is not allowed twice or has rules of its own.
  const FieldId named = field_id(half);
  require(complete || named != FieldId::kOther, "any text leaves one head", bytes.view());
  if (!complete) return;
  require(feed.parser().head_size() == bytes.size(), "and nothing behind it", bytes.view());
  require(!feed.parser().keep_alive() && feed.parser().request_framing() == Framing::kNone, "with our framing",
          bytes.view());
  require(feed.request().fields.size() <= 5, "and no more fields than were set", bytes.view());
}

}  // namespace
}  // namespace gatehouse::http::testing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gatehouse::http;
  using namespace gatehouse::http::testing;
  const std::string_view bytes = text_of(data, size);
  require_same_however_cut(HeadKind::kRequest, bytes, kUsualLimits);
  require_same_however_cut(HeadKind::kRequest, bytes, kTightLimits);
  require_unsplit(bytes);
  HeadFeed feed(HeadKind::kRequest, kUsualLimits);
  if (feed.give(bytes) != ParseStatus::kComplete) return 0;
  const RequestHead head = feed.request();
  require_valid(feed.parser(), head);
  require_beast_agrees(bytes.substr(0, feed.parser().head_size()), head);
  require_same_when_written_anew(feed.parser(), head);
  return 0;
}
