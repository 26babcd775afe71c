// The compression step: whether an answer is compressed, what its head says then, and the filter that its body passes.
#include "gatehouse/middleware/compression.hpp"

#include "accept_encoding.hpp"
#include "encoder.hpp"

#include "gatehouse/base/comma_list.hpp"
#include "gatehouse/base/strings.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gatehouse::middleware {
namespace {

using http::FieldId;
using http::More;
using pipeline::RequestContext;

class CompressFilter final : public pipeline::BodyFilter {
 public:
  CompressFilter(std::unique_ptr<Encoder> encoder, Encoders::Share& share, std::shared_ptr<Encoders> owner, Encoding encoding, int level)
      : encoder_(std::move(encoder)), share_(share), owner_(std::move(owner)), encoding_(encoding), level_(level) {}
  ~CompressFilter() override {
    share_.count(encoding_, in_, out_);
    share_.give_back(std::move(encoder_), encoding_, level_);
  }

  std::string_view pass(std::string_view bytes, More more) override {
    if (bytes.empty() && more == More::kYes) return {};
    const std::string_view passed = encoder_->encode(bytes, more);
    in_ += bytes.size();
    out_ += passed.size();
    return passed;
  }

 private:
  std::unique_ptr<Encoder> encoder_;
  Encoders::Share& share_;
  std::shared_ptr<Encoders> owner_;  // of the share
  Encoding encoding_;
  int level_;
  std::uint64_t in_ = 0;
  std::uint64_t out_ = 0;
};

// "text/*", "application/*+json", or without a star.
class TypePattern {
 public:
  explicit TypePattern(std::string_view text) : text_(to_lower(text)), star_(text_.find('*')) {}

  bool matches(std::string_view type) const {
    if (star_ == std::string::npos) return iequals(type, text_);
    const std::string_view before = std::string_view(text_).substr(0, star_);
    const std::string_view after = std::string_view(text_).substr(star_ + 1);
    return type.size() > before.size() + after.size() && iequals(type.substr(0, before.size()), before) &&
           iequals(type.substr(type.size() - after.size()), after);
  }

 private:
  std::string text_;
  std::size_t star_;
};

// Calls `see(value)` for each value that leaves under that name.
template <class See>
void for_each_value(const http::ResponseHead& head, FieldId id, See see) {
  if (head.base != nullptr && head.base->has(id) && (head.edits.removed_known() & http::bit(id)) == 0) {
    for (std::uint32_t i = 0; i < head.base->size(); ++i) {
      const http::Field field = (*head.base)[i];
      if (field.id == id) see(field.value);
    }
  }
  for (const auto* added = head.edits.added(); added != nullptr; added = added->next) {
    if (added->id == id) see(added->value);
  }
}

std::optional<std::string_view> value_of(const http::ResponseHead& head, FieldId id) {
  std::optional<std::string_view> first;
  for_each_value(head, id, [&first](std::string_view value) {
    if (!first) first = value;
  });
  return first;
}

bool lists(std::string_view list, std::string_view word) {
  for (std::string_view element; next_element(list, element);)
    if (iequals(element, word)) return true;
  return false;
}

bool forbids_transformation(const http::Fields& fields) {
  if (!fields.has(FieldId::kCacheControl)) return false;
  for (std::uint32_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    if (field.id == FieldId::kCacheControl && lists(field.value, "no-transform")) return true;
  }
  return false;
}

// Of the encoded bytes (RFC 9530, RFC 3230, RFC 1864): they would be wrong afterwards, and nobody can compute them before.
bool carries_digest(const http::ResponseHead& head) {
  constexpr std::array<std::string_view, 4> kNames = {"content-digest", "repr-digest", "digest", "content-md5"};
  const auto is_digest = [&](std::string_view name) {
    return std::any_of(kNames.begin(), kNames.end(), [name](std::string_view digest) { return iequals(name, digest); });
  };
  if (head.base != nullptr && head.base->has(FieldId::kOther)) {
    for (std::uint32_t i = 0; i < head.base->size(); ++i) {
      const http::Field field = (*head.base)[i];
      if (field.id == FieldId::kOther && is_digest(field.name) && !head.edits.removes_other(field.name)) return true;
    }
  }
  for (const auto* added = head.edits.added(); added != nullptr; added = added->next) {
    if (added->id == FieldId::kOther && is_digest(added->written)) return true;
  }
  return false;
}

// The answer depends on Accept-Encoding, whichever way it went. One field, each word once.
void vary_by_encoding(http::ResponseHead& head, Arena& arena) {
  constexpr std::string_view kName = "Accept-Encoding";
  std::string_view merged;
  bool said = false;
  for_each_value(head, FieldId::kVary, [&](std::string_view value) {
    said = said || lists(value, "*") || lists(value, kName);
    merged = merged.empty() ? value : arena.concat({merged, ", ", value});
  });
  if (!said) head.edits.set(FieldId::kVary, merged.empty() ? kName : arena.concat({merged, ", ", kName}));
}

class CompressionStep final : public pipeline::Middleware {
 public:
  CompressionStep(CompressionSettings settings, std::shared_ptr<Encoders> encoders)
      : settings_(std::move(settings)), encoders_(std::move(encoders)) {
    if (settings_.encodings.empty()) settings_.encodings = {Encoding::kBrotli, Encoding::kZstd, Encoding::kGzip};
    for (const std::string& type : settings_.types.empty() ? default_compressed_types() : settings_.types) types_.emplace_back(type);
  }

  std::string_view name() const override { return "compression"; }

  void on_response(RequestContext& context, http::ResponseHead& head) const override {
    const http::RequestHead& request = context.request();
    // What a 304 says of the representation is what a 200 would have said.
    if (head.status == 304) return vary_by_encoding(head, context.arena());
    if (!may_compress(request, head)) return;
    vary_by_encoding(head, context.arena());
    const AcceptedEncodings accepted = accepted_encodings(request.fields);
    const bool worth_it = !head.content_length || *head.content_length >= settings_.min_size || accepted.identity == 0;
    if (request.method == http::Method::kHead || request.fields.has(FieldId::kRange) || !worth_it) return;
    compress(context, head, accepted);
  }

 private:
  bool may_compress(const http::RequestHead& request, const http::ResponseHead& head) const {
    if (head.status < 200 || head.status == 204 || head.status == 205 || head.status == 206 || head.content_length == 0) return false;
    if (value_of(head, FieldId::kContentEncoding) || value_of(head, FieldId::kContentRange)) return false;
    const auto type = value_of(head, FieldId::kContentType);
    if (!type) return false;
    const std::string_view bare = trim(type->substr(0, type->find(';')));
    if (std::none_of(types_.begin(), types_.end(), [bare](const TypePattern& pattern) { return pattern.matches(bare); })) return false;
    bool forbidden = forbids_transformation(request.fields);
    for_each_value(head, FieldId::kCacheControl, [&](std::string_view value) { forbidden = forbidden || lists(value, "no-transform"); });
    return !forbidden && !carries_digest(head);
  }

  // The encodings by the client's preference, then ours, until one has a stream to spare.
  void compress(RequestContext& context, http::ResponseHead& head, const AcceptedEncodings& accepted) const {
    Encoders::Share& share = encoders_->of(context.exchange.worker().index());
    std::uint32_t below = 1001;
    bool wanted = false;
    while (true) {
      std::uint32_t best = 0;
      for (const Encoding encoding : settings_.encodings) {
        const std::uint32_t weight = accepted.weight(encoding);
        if (weight < below) best = std::max(best, weight);
      }
      if (best == 0 || best < accepted.identity) break;
      for (const Encoding encoding : settings_.encodings) {
        if (accepted.weight(encoding) != best) continue;
        wanted = true;
        const int level = level_of(settings_.level, encoding);
        if (auto encoder = share.take(encoding, level, head.content_length)) {
          context.add_filter(std::make_unique<CompressFilter>(std::move(encoder), share, encoders_, encoding, level));
          return change_head(context, head, encoding);
        }
      }
      below = best;
    }
    if (wanted) share.count_busy();
  }

  static void change_head(RequestContext& context, http::ResponseHead& head, Encoding encoding) {
    head.content_length.reset();
    head.edits.set_valid(FieldId::kContentEncoding, name_of(encoding));
    // Ranges would be of bytes that nobody has again.
    head.edits.remove("Accept-Ranges");
    const auto tag = value_of(head, FieldId::kETag);
    if (tag && tag->starts_with('"')) head.edits.set(FieldId::kETag, context.arena().concat({"W/", *tag}));
  }

  CompressionSettings settings_;
  std::shared_ptr<Encoders> encoders_;
  std::vector<TypePattern> types_;
};

}  // namespace

// Text, and what is made of text. Images, archives and video are compressed by their formats.
const std::vector<std::string>& default_compressed_types() {
  static const std::vector<std::string> types = {
      "text/*",          "application/json",         "application/*+json", "application/xml",
      "application/*+xml", "application/javascript", "application/x-ndjson",
      "application/wasm", "image/svg+xml",           "application/x-yaml", "application/yaml"};
  return types;
}

std::shared_ptr<const pipeline::Middleware> make_compression(CompressionSettings settings, std::shared_ptr<Encoders> encoders) {
  return std::make_shared<CompressionStep>(std::move(settings), std::move(encoders));
}

}  // namespace gatehouse::middleware
