#include "middleware/accept_encoding.hpp"
#include "middleware/encoder.hpp"
#include "step_fixture.hpp"

#include "gatehouse/middleware/compression.hpp"

#include <brotli/decode.h>
#include <malloc.h>
#include <zlib.h>
#include <zstd.h>

#include <vector>

namespace gatehouse::middleware {
namespace {

using http::More;

// Everything that can be read of a stream so far.
std::string decode(Encoding encoding, std::string_view bytes) {
  std::string out(64 * 1024 + bytes.size() * 400, '\0');
  if (encoding == Encoding::kGzip) {
    z_stream stream{};
    inflateInit2(&stream, MAX_WBITS + 16);
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    inflate(&stream, Z_SYNC_FLUSH);
    out.resize(stream.total_out);
    inflateEnd(&stream);
  } else if (encoding == Encoding::kZstd) {
    ZSTD_DStream* const stream = ZSTD_createDStream();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (in.pos < in.size && ZSTD_isError(ZSTD_decompressStream(stream, &to, &in)) == 0) {
    }
    out.resize(to.pos);
    ZSTD_freeDStream(stream);
  } else {
    BrotliDecoderState* const state = BrotliDecoderCreateInstance(nullptr, nullptr, nullptr);
    auto* in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    std::size_t left = bytes.size();
    auto* to = reinterpret_cast<std::uint8_t*>(out.data());
    std::size_t room = out.size();
    std::size_t total = 0;
    BrotliDecoderDecompressStream(state, &left, &in, &room, &to, &total);
    out.resize(total);
    BrotliDecoderDestroyInstance(state);
  }
  return out;
}

std::string decode_or_plain(const std::string& bytes, const std::optional<std::string>& coding) {
  if (!coding) return bytes;
  return decode(*coding == "br" ? Encoding::kBrotli : *coding == "gzip" ? Encoding::kGzip : Encoding::kZstd, bytes);
}

constexpr Encoding kAll[] = {Encoding::kGzip, Encoding::kBrotli, Encoding::kZstd};

std::string json_like(std::size_t size) {
  std::string text;
  for (std::size_t i = 0; text.size() < size; ++i) text += R"({"id":)" + std::to_string(i * 7919 % 10007) + R"(,"name":"item"},)";
  text.resize(size);
  return text;
}

std::string noise(std::size_t size) {
  std::string text(size, '\0');
  std::uint64_t state = 1;
  for (char& c : text) c = static_cast<char>((state = state * 6364136223846793005U + 1442695040888963407U) >> 56);
  return text;
}

// ---- Accept-Encoding

AcceptedEncodings accepted(const std::string& value) {
  const FakeFields fields(FieldList{{"Accept-Encoding", value}});
  return accepted_encodings(fields.fields());
}

TEST(AcceptEncodingTest, ReadsWeightsNamesAndStars) {
  const auto some = accepted("gzip;q=0.5, br ; q=0.125,identity;q=0");
  EXPECT_EQ(some.weight(Encoding::kGzip), 500);
  EXPECT_EQ(some.weight(Encoding::kBrotli), 125);
  EXPECT_EQ(some.weight(Encoding::kZstd), 0);
  EXPECT_EQ(some.identity, 0);
  EXPECT_EQ(accepted("X-GZIP").weight(Encoding::kGzip), 1000);
  EXPECT_EQ(accepted("*;q=0.3, gzip;q=0").weight(Encoding::kZstd), 300);
  EXPECT_EQ(accepted("*;q=0.3, gzip;q=0").weight(Encoding::kGzip), 0);
  EXPECT_EQ(accepted("*;q=0").identity, 0);
  EXPECT_EQ(accepted("*;q=0, identity;q=0.7").identity, 700);
  EXPECT_EQ(accepted("").identity, 1);
  EXPECT_EQ(accepted("").weight(Encoding::kGzip), 0);
  EXPECT_EQ(accepted_encodings(http::Fields()).weight(Encoding::kGzip), 0);
}

TEST(AcceptEncodingTest, ReadsAMalformedWeightAsNone) {
  for (const char* const text : {"gzip;q=", "gzip;q=2", "gzip;q=0,5", "gzip;q=0.1234", "gzip;Q=abc", "gzip;v=1;q=1.000"})
    EXPECT_EQ(accepted(text).weight(Encoding::kGzip), std::string(text) == "gzip;q=0,5" ? 0 : 1000) << text;
  EXPECT_EQ(accepted("gzip;;;,,;q=1,").weight(Encoding::kGzip), 1000);
}

// ---- Encoders

TEST(EncoderTest, WhatEachPieceBecameCanBeReadAtOnce) {
  for (const Encoding encoding : kAll) {
    const auto encoder = make_encoder(encoding);
    for (int stream = 0; stream < 3; ++stream) {
      encoder->begin(4, std::nullopt);
      std::string sent, plain;
      for (int i = 0; i < 20; ++i) {
        const std::string event = "data: event " + std::to_string(stream) + '.' + std::to_string(i) + "\n\n";
        sent += encoder->encode(event, More::kYes);
        plain += event;
        ASSERT_EQ(decode(encoding, sent), plain) << name_of(encoding);
      }
      sent += encoder->encode({}, More::kNo);
      EXPECT_EQ(decode(encoding, sent), plain);
    }
  }
}

TEST(EncoderTest, OutputIsBoundedByTheInputHoweverLittleItCanBeCompressed) {
  for (const Encoding encoding : kAll) {
    const auto encoder = make_encoder(encoding);
    encoder->begin(4, std::nullopt);
    const std::string bytes = noise(300'000);
    std::string sent;
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{65'536}, bytes.size()}) {
      const std::string_view out = encoder->encode(std::string_view(bytes).substr(0, size), More::kYes);
      EXPECT_LE(out.size(), size + size / 100 + 64) << name_of(encoding);
      sent += out;
    }
    EXPECT_LE(encoder->encode({}, More::kNo).size(), 64u);
  }
}

TEST(EncoderTest, LongTextsComeBackWhole) {
  const std::string text = json_like(700'000);
  for (const Encoding encoding : kAll) {
    const auto encoder = make_encoder(encoding);
    encoder->begin(1, text.size());
    std::string sent(encoder->encode(std::string_view(text).substr(0, 400'000), More::kYes));
    sent += encoder->encode(std::string_view(text).substr(400'000), More::kNo);
    EXPECT_EQ(decode(encoding, sent), text);
    EXPECT_LT(sent.size(), text.size() / 5);
  }
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST(EncoderTest, HoldsNoMoreThanItIsCountedFor) {
  const std::string text = json_like(64 * 1024);
  const auto held = [] {
    const struct mallinfo2 info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  for (const Encoding encoding : kAll) {
    for (int level = 1; level <= (encoding == Encoding::kGzip ? 9 : 6); ++level) {
      const std::size_t before = held();
      const auto encoder = make_encoder(encoding);
      encoder->begin(level, std::nullopt);
      for (int i = 0; i < 8; ++i) encoder->encode(text, More::kYes);
      EXPECT_LE(held() - before, encoder_memory(encoding, level) + 96 * 1024) << name_of(encoding) << ' ' << level;
    }
  }
}
#endif

TEST(EncodersTest, AShareLendsWhatItsMemoryAllowsAndGzipWhenTheOthersHaveNone) {
  observe::Registry registry(1);
  Encoders encoders(registry, 4 * encoder_memory(Encoding::kBrotli, 4));
  Encoders::Share& share = encoders.of(0);
  std::vector<std::unique_ptr<Encoder>> lent;
  while (auto encoder = share.take(Encoding::kBrotli, 4, std::nullopt)) lent.push_back(std::move(encoder));
  EXPECT_EQ(lent.size(), 3u);
  EXPECT_EQ(share.take(Encoding::kZstd, 1, std::nullopt), nullptr);
  EXPECT_NE(share.take(Encoding::kGzip, 4, std::nullopt), nullptr);
  share.give_back(std::move(lent.back()), Encoding::kBrotli, 4);
  lent.pop_back();
  EXPECT_NE(share.take(Encoding::kZstd, 1, std::nullopt), nullptr);
}

// ---- The step

class CompressionStepTest : public StepTest {
 protected:
  explicit CompressionStepTest() { use({}); }
  void use(CompressionSettings settings) { route_.steps = {make_compression(std::move(settings), encoders_)}; }

  // One answer of `body`, in one piece, of known length unless told otherwise.
  struct Answered {
    int status = 0;
    FieldList fields;
    std::optional<std::uint64_t> length;
    std::string body;
    std::optional<std::string> field(std::string_view name) const { return find_field(fields, name); }
    bool operator==(const Answered&) const = default;
  };
  Answered answer(const FieldList& request, FieldList backend, const std::string& body, int status = 200, std::string method = "GET") {
    Request one(worker_, route_, std::move(method), "/x", request);
    one.backend_fields.assign(backend);
    http::ResponseHead head(one.context.arena());
    head.status = status;
    head.base = &one.backend_fields.fields();
    head.content_length = body.size();
    one.context.respond(head, body, More::kNo);
    return {one.exchange.status, one.exchange.sent_fields, one.exchange.sent_length, one.exchange.sent_body};
  }

  observe::Registry registry_{1};
  std::shared_ptr<Encoders> encoders_ = std::make_shared<Encoders>(registry_);
  const std::string text_ = json_like(5000);
  const FieldList json_ = {{"Content-Type", "application/json; charset=utf-8"}};
};

TEST_F(CompressionStepTest, TakesTheClientsFavouriteThenOurs) {
  const std::pair<const char*, std::optional<std::string>> cases[] = {
      {"gzip, br, zstd", "br"}, {"gzip;q=1, br;q=0.9, zstd;q=0.8", "gzip"}, {"zstd", "zstd"}, {"*", "br"}, {"gzip;q=0", std::nullopt},
      {"identity, gzip;q=0.5", std::nullopt}, {"deflate", std::nullopt}, {"br;q=0, *;q=0.1", "zstd"}};
  for (const auto& [accept, expected] : cases) {
    const auto answered = answer({{"Accept-Encoding", accept}}, json_, text_);
    EXPECT_EQ(answered.field("Content-Encoding"), expected) << accept;
    EXPECT_EQ(answered.field("Vary"), "Accept-Encoding") << accept;
    EXPECT_EQ(decode_or_plain(answered.body, expected), text_);
  }
  EXPECT_EQ(answer({}, json_, text_).body, text_);
}

TEST_F(CompressionStepTest, BodyComesBackAndIsSmaller) {
  for (const Encoding encoding : kAll) {
    const auto answered = answer({{"Accept-Encoding", std::string(name_of(encoding))}}, json_, text_);
    EXPECT_EQ(decode(encoding, answered.body), text_);
    EXPECT_LT(answered.body.size(), text_.size() / 2);
    EXPECT_FALSE(answered.length) << "the session counts what is whole";
  }
}

TEST_F(CompressionStepTest, WeakensTheTagDropsAcceptRangesAndMergesVary) {
  FieldList backend = json_;
  backend.insert(backend.end(), {{"ETag", "\"v1\""}, {"Accept-Ranges", "bytes"}, {"Vary", "Origin"}, {"Vary", "Accept-Language"}});
  const auto answered = answer({{"Accept-Encoding", "gzip"}}, backend, text_);
  EXPECT_EQ(answered.field("ETag"), "W/\"v1\"");
  EXPECT_EQ(answered.field("Accept-Ranges"), std::nullopt);
  EXPECT_EQ(count_fields(answered.fields, "Vary"), 1u);
  EXPECT_EQ(answered.field("Vary"), "Origin, Accept-Language, Accept-Encoding");
  for (const char* const vary : {"accept-encoding", "Origin, ACCEPT-ENCODING", "*"}) {
    backend = json_;
    backend.insert(backend.end(), {{"Vary", vary}, {"ETag", "W/\"v1\""}});
    const auto again = answer({{"Accept-Encoding", "gzip"}}, backend, text_);
    EXPECT_EQ(again.field("Vary"), vary);
    EXPECT_EQ(again.field("ETag"), "W/\"v1\"");
  }
}

TEST_F(CompressionStepTest, LeavesAloneWhatMustStayAsItIs) {
  const FieldList extra[] = {{{"Content-Encoding", "gzip"}},      {{"Cache-Control", "public, No-Transform"}},
                             {{"Content-Digest", "sha-256=:x:"}}, {{"Content-MD5", "x"}},
                             {{"Content-Range", "bytes 0-4999/9000"}}};
  for (FieldList backend : extra) {
    backend.insert(backend.begin(), json_[0]);
    const auto answered = answer({{"Accept-Encoding", "gzip"}}, backend, text_);
    EXPECT_EQ(answered.body, text_) << backend[1].first;
    EXPECT_EQ(answered.field("Vary"), std::nullopt);
  }
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}}, {}, text_).body, text_);
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}}, {{"Content-Type", "image/png"}}, text_).body, text_);
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}}, json_, text_, 206).body, text_);
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}, {"Cache-Control", "no-transform"}}, json_, text_).body, text_);
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}, {"Range", "bytes=0-"}}, json_, text_).body, text_);
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}}, json_, "", 204).field("Content-Encoding"), std::nullopt);
}

TEST_F(CompressionStepTest, HeadAnd304SayVaryAndKeepTheRest) {
  const auto head = answer({{"Accept-Encoding", "gzip"}}, json_, "", 200, "HEAD");
  EXPECT_EQ(head.field("Content-Encoding"), std::nullopt);
  const auto unchanged = answer({{"Accept-Encoding", "gzip"}}, {{"ETag", "\"v1\""}}, "", 304);
  EXPECT_EQ(unchanged.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(unchanged.field("Content-Encoding"), std::nullopt);
}

TEST_F(CompressionStepTest, SmallAnswersStayUnlessTheClientRefusesIdentity) {
  const std::string small = json_like(1023);
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}}, json_, small).body, small);
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}}, json_, json_like(1024)).field("Content-Encoding"), "gzip");
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip, identity;q=0"}}, json_, small).field("Content-Encoding"), "gzip");
}

TEST_F(CompressionStepTest, SettingsSayWhatIsCompressedAndHow) {
  CompressionSettings settings;
  settings.encodings = {Encoding::kGzip};
  settings.types = {"application/*+json", "text/x-own"};
  settings.min_size = 10;
  use(settings);
  EXPECT_EQ(answer({{"Accept-Encoding", "br, gzip;q=0.1"}}, {{"Content-Type", "Application/Problem+JSON"}}, text_).field("Content-Encoding"), "gzip");
  EXPECT_EQ(answer({{"Accept-Encoding", "br"}}, {{"Content-Type", "text/x-own"}}, text_).body, text_);
  EXPECT_EQ(answer({{"Accept-Encoding", "gzip"}}, json_, text_).body, text_);
}

TEST_F(CompressionStepTest, SendsIdentityWhenNoMemoryIsLeftAndCountsIt) {
  encoders_ = std::make_shared<Encoders>(registry_, encoder_memory(Encoding::kGzip, 4) - 1);
  use({});
  const auto answered = answer({{"Accept-Encoding", "br, gzip"}}, json_, text_);
  EXPECT_EQ(answered.body, text_);
  EXPECT_EQ(answered.field("Vary"), "Accept-Encoding");
  EXPECT_EQ(registry_.counter("gatehouse_compression_busy_total", "").sum(), 1u);
}

TEST_F(CompressionStepTest, EventsLeaveOneByOneAndTrailersFollow) {
  Request one(worker_, route_, "GET", "/events", {{"Accept-Encoding", "zstd"}});
  one.backend_fields.assign({{"Content-Type", "text/event-stream"}});
  http::ResponseHead head(one.context.arena());
  head.base = &one.backend_fields.fields();
  one.context.respond(head, {}, More::kYes);
  std::string plain;
  for (int i = 0; i < 3; ++i) {
    one.context.write("data: " + std::to_string(i) + "\n\n", More::kYes);
    plain += "data: " + std::to_string(i) + "\n\n";
    EXPECT_EQ(decode(Encoding::kZstd, one.exchange.sent_body), plain);
  }
  const FakeFields trailers(FieldList{{"X-Sum", "3"}});
  one.exchange.block_after_write = true;
  one.context.finish(trailers.fields());
  EXPECT_EQ(find_field(one.exchange.sent_trailers, "X-Sum"), "3");
  EXPECT_TRUE(one.exchange.ended_answer);
  EXPECT_EQ(decode(Encoding::kZstd, one.exchange.sent_body), plain);
}

TEST_F(CompressionStepTest, AStreamThatIsCutGivesItsEncoderBack) {
  for (int i = 0; i < 200; ++i) {
    Request one(worker_, route_, "GET", "/x", {{"Accept-Encoding", "br"}});
    one.backend_fields.assign(json_);
    http::ResponseHead head(one.context.arena());
    head.base = &one.backend_fields.fields();
    one.context.respond(head, text_, More::kYes);
    ASSERT_EQ(one.field("Content-Encoding"), "br");
  }
  EXPECT_EQ(encoders_->of(0).in_use(), 0u);
}

}  // namespace
}  // namespace gatehouse::middleware
