// What the fuzzers of the HTTP/1 codec share: cuts, and Beast's parser as an independent second opinion.
#pragma once

#include "fuzz/fuzz_support.hpp"
#include "unit/http/head_text.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gatehouse::http::testing {

using gatehouse::testing::require;
using gatehouse::testing::text_of;

// A few growing prefixes that depend on the bytes alone, so that a finding can be repeated.
inline std::vector<std::size_t> cuts_of(std::string_view bytes) {
  std::uint64_t state = 0x9e3779b97f4a7c15 ^ bytes.size();
  for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  std::vector<std::size_t> cuts;
  for (std::size_t cut = 0; cut < bytes.size(); cut += 1 + (state >> 33) % (4 + bytes.size() / 8)) {
    cuts.push_back(cut);
    state = state * 6364136223846793005 + 1442695040888963407;
  }
  return cuts;
}

inline void require_same_however_cut(HeadKind kind, std::string_view bytes, HeadLimits limits) {
  const std::string whole = tell_whole(kind, bytes, limits);
  const std::string in_pieces = tell_cut(kind, bytes, cuts_of(bytes), limits);
  require(in_pieces == whole, "a head means the same however it is cut", whole + "\nin pieces:\n" + in_pieces);
  if (bytes.size() > 100) return;
  std::vector<std::size_t> every;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut) every.push_back(cut);
  const std::string byte_by_byte = tell_cut(kind, bytes, every, limits);
  require(byte_by_byte == whole, "a head means the same byte by byte", whole + "\nbyte by byte:\n" + byte_by_byte);
}

using FieldTexts = std::vector<std::pair<std::string, std::string>>;

// All fields, or those that may be forwarded.
enum class Which { kAll, kForwarded };
inline FieldTexts texts_of(const Fields& fields, Which which, std::uint64_t dropped = 0) {
  FieldTexts texts;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const FieldRef& ref = fields.ref(i);
    if (which == Which::kForwarded && ((bit(ref.id) & dropped) != 0 || ref.named_by_connection)) continue;
    texts.emplace_back(fields[i].name, fields[i].value);
  }
  return texts;
}

inline void require_clean(const Fields& fields) {
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    require(!fields[i].name.empty(), "a field has a name");
    for (const char c : fields[i].value) {
      require(c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f), "no control byte in a value",
              fields[i].name);
    }
    const std::string_view value = fields[i].value;
    require(
        value.empty() || (value.front() != ' ' && value.back() != ' ' && value.front() != '\t' && value.back() != '\t'),
        "no blanks around a value", value);
    require(field_id(fields[i].name) == fields[i].id, "a field's id is its name's");
  }
}

// Beast's HTTP/1 grammar, remembering what it saw.
template <bool kIsRequest>
class BeastParser final : public boost::beast::http::basic_parser<kIsRequest> {
  using Code = boost::beast::error_code;
  using Text = boost::beast::string_view;
  using Base = boost::beast::http::basic_parser<kIsRequest>;

 public:
  BeastParser() {
    this->header_limit(1 << 24);
    this->body_limit(boost::none);
  }

  // A head, or with eager() a whole message. The error, or success.
  Code read(std::string_view bytes) {
    Code code;
    while (!code && !bytes.empty() && !this->is_done()) {
      const std::size_t used = this->put(boost::asio::buffer(bytes.data(), bytes.size()), code);
      if (used == 0) break;
      bytes.remove_prefix(used);
    }
    return code;
  }

  std::string method, target, reason, body;
  int status = 0;
  int version = 0;
  FieldTexts fields;

 protected:
  void on_request_impl(boost::beast::http::verb, Text method_text, Text target_text, int http_version, Code&) override {
    method = std::string(method_text);
    target = std::string(target_text);
    version = http_version;
  }
  void on_response_impl(int code, Text reason_text, int http_version, Code&) override {
    status = code;
    reason = std::string(reason_text);
    version = http_version;
  }
  void on_field_impl(boost::beast::http::field, Text name, Text value, Code&) override {
    fields.emplace_back(name, value);
  }
  void on_header_impl(Code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, Code&) override {}
  std::size_t on_body_impl(Text text, Code&) override {
    body += std::string(text);
    return text.size();
  }
  void on_chunk_header_impl(std::uint64_t, Text, Code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text text, Code&) override {
    body += std::string(text);
    return text.size();
  }
  void on_finish_impl(Code&) override {}
};

}  // namespace gatehouse::http::testing
