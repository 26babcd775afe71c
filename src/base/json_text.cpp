#include "gatehouse/base/json_text.hpp"

#include <cstdint>
#include <cstring>

namespace gatehouse {
namespace {

using Bytes16 = signed char __attribute__((vector_size(16)));
using Words2 = std::uint64_t __attribute__((vector_size(16)));

// Bits where a byte must be escaped or checked: control bytes and, negative as signed, everything beyond ASCII; quotes,
// backslashes, DEL, and what begins markup where that matters.
template <JsonMarkup kMarkup>
inline Words2 special(Bytes16 bytes) {
  Bytes16 lanes = (Bytes16{} + 0x20 > bytes) | (bytes == '"') | (bytes == '\\') | (bytes == 0x7f);
  if constexpr (kMarkup == JsonMarkup::kEscaped) lanes |= bytes == '<';
  return reinterpret_cast<Words2>(lanes);
}

inline bool any(Words2 words) {
#if defined(__SSE2__)
  using Chars16 = char __attribute__((vector_size(16)));
  return __builtin_ia32_pmovmskb128(reinterpret_cast<Chars16>(words)) != 0;
#else
  return (words[0] | words[1]) != 0;
#endif
}

template <class Word>
inline Word load(const char* from) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

template <class Word>
inline void store(char* to, Word word) {
  std::memcpy(to, &word, sizeof(word));
}

// Copies what is `size` bytes long when nothing in it is special. The last block overlaps the one before; there is no loop
// over single bytes. False: what stands at `to` is to be written again.
template <JsonMarkup kMarkup>
[[gnu::always_inline]] inline bool copy_plain(char* to, const char* from, std::size_t size) {
  if (size >= 16) {
    auto block = load<Bytes16>(from + size - 16);
    store(to + size - 16, block);
    Words2 found = special<kMarkup>(block);
    for (std::size_t i = 0; i + 16 < size; i += 16) {
      block = load<Bytes16>(from + i);
      store(to + i, block);
      found |= special<kMarkup>(block);
    }
    return !any(found);
  }
  constexpr std::uint64_t kPlain = 0x3030303030303030;
  Words2 words = {kPlain, kPlain};
  if (size >= 8) {
    words = Words2{load<std::uint64_t>(from), load<std::uint64_t>(from + size - 8)};
    store(to, words[0]);
    store(to + size - 8, words[1]);
  } else if (size >= 4) {
    const auto first = load<std::uint32_t>(from);
    const auto last = load<std::uint32_t>(from + size - 4);
    store(to, first);
    store(to + size - 4, last);
    words[0] = first | static_cast<std::uint64_t>(last) << 32;
  } else if (size > 0) {
    const auto byte = [from](std::size_t i) { return static_cast<std::uint64_t>(static_cast<unsigned char>(from[i])); };
    words[0] = byte(0) | byte(size / 2) << 8 | byte(size - 1) << 16 | kPlain << 24;
    to[0] = from[0];
    to[size / 2] = from[size / 2];
    to[size - 1] = from[size - 1];
  }
  return !any(special<kMarkup>(reinterpret_cast<Bytes16>(words)));
}

char* write_unicode_escape(char* to, unsigned code) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::memcpy(to, "\\u", 2);
  for (int shift = 12, i = 2; shift >= 0; shift -= 4, ++i) to[i] = kDigits[(code >> shift) & 15];
  return to + kLongestJsonEscape;
}

char* write_ascii(char* to, char c, JsonMarkup markup) {
  switch (c) {
    case '"':
    case '\\':
      *to++ = '\\';
      *to++ = c;
      return to;
    case '\n': std::memcpy(to, "\\n", 2); return to + 2;
    case '\r': std::memcpy(to, "\\r", 2); return to + 2;
    case '\t': std::memcpy(to, "\\t", 2); return to + 2;
    default: break;
  }
  const bool begins_markup = c == '<' && markup == JsonMarkup::kEscaped;
  if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || begins_markup) return write_unicode_escape(to, static_cast<unsigned char>(c));
  *to++ = c;
  return to;
}

// How many bytes the UTF-8 sequence at the front takes (RFC 3629 section 4), 0 when it is none. REQUIRES: not ASCII.
std::size_t sequence_size(std::string_view text) {
  const auto byte = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : static_cast<unsigned char>(0);
  };
  const auto continues = [&byte](std::size_t i) { return (byte(i) & 0xc0) == 0x80; };
  const unsigned first = byte(0);
  const unsigned second = byte(1);
  if (!continues(1)) return 0;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if ((first & 0xf0) == 0xe0) {
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f)) return 0;
    return continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if ((first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) return 0;
    return continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

// Ends before what would go beyond `limit` bytes.
[[gnu::noinline]] char* write_escaped(char* to, std::string_view text, std::size_t limit, JsonMarkup markup) {
  const char* const last = to + limit;
  while (!text.empty()) {
    std::size_t used = 1;
    char unit[kLongestJsonEscape];
    const char* unit_end = nullptr;
    if (static_cast<unsigned char>(text[0]) < 0x80) {
      unit_end = write_ascii(unit, text[0], markup);
    } else if (const std::size_t size = sequence_size(text); size == 0) {
      unit_end = write_unicode_escape(unit, 0xfffd);
    } else if (size == 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0) {
      used = 2;
      unit_end = write_unicode_escape(unit, static_cast<unsigned char>(text[1]));
    } else {
      used = size;
      unit_end = unit + size;
      std::memcpy(unit, text.data(), size);
    }
    const auto unit_size = static_cast<std::size_t>(unit_end - unit);
    if (to + unit_size > last) break;
    std::memcpy(to, unit, unit_size);
    to += unit_size;
    text.remove_prefix(used);
  }
  return to;
}

template <JsonMarkup kMarkup>
char* write(char* to, std::string_view text, std::size_t limit) {
  if (text.size() <= limit && copy_plain<kMarkup>(to, text.data(), text.size())) [[likely]]
    return to + text.size();
  return write_escaped(to, text, limit, kMarkup);
}

}  // namespace

char* write_json_text(char* to, std::string_view text, std::size_t limit, JsonMarkup markup) {
  return markup == JsonMarkup::kEscaped ? write<JsonMarkup::kEscaped>(to, text, limit) : write<JsonMarkup::kKept>(to, text, limit);
}

void append_json_string(std::string& to, std::string_view text) {
  to += '"';
  const std::size_t at = to.size();
  const std::size_t room = text.size() * kLongestJsonEscape;
  to.resize(at + room);
  char* const end = write_json_text(to.data() + at, text, room);
  to.resize(static_cast<std::size_t>(end - to.data()));
  to += '"';
}

}  // namespace gatehouse
