#include "gatehouse/dynamo/wire/json_sink.hpp"

#include "dynamo/wire/base64.hpp"
#include "dynamo/wire/json_escape.hpp"
#include "gatehouse/base/byte_copy.hpp"
#include "gatehouse/dynamo/wire/json_writer.hpp"

namespace gatehouse::dynamo {

void JsonSink::bytes(std::string_view text) {
  if (!fits(text.size())) {
    flush();
    if (text.size() > sizeof buffer_) {
      to_.append(text);
      return;
    }
  }
  at_ = copy_bytes(at_, text.data(), text.size());
}

void JsonSink::escaped(std::string_view text) {
  while (true) {
    const std::size_t clean = clean_prefix(text);
    bytes(text.substr(0, clean));
    if (clean == text.size()) return;
    at_ = write_escape(reserve(kMaxEscape), text[clean]);
    text.remove_prefix(clean + 1);
  }
}

void JsonSink::text(const encoding::Text& text) {
  if (text.escape) [[unlikely]] {
    escaped(text.view());
  } else {
    bytes(text.view());
  }
}

void JsonSink::base64(std::string_view bytes) {
  if (!fits(base64_size(bytes.size()))) {
    flush();
    if (base64_size(bytes.size()) > sizeof buffer_) {
      append_base64(to_, bytes);
      return;
    }
  }
  at_ = encode_base64(at_, bytes);
}

}  // namespace gatehouse::dynamo
