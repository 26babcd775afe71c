#include "integration/media_types.hpp"

#include <gtest/gtest.h>

namespace gatehouse::integration {
namespace {

TEST(MediaType, GoesByTheExtension) {
  EXPECT_EQ(media_type("index.html"), "text/html; charset=utf-8");
  EXPECT_EQ(media_type("app/main.3f2a.js"), "text/javascript; charset=utf-8");
  EXPECT_EQ(media_type("LOGO.SVG"), "image/svg+xml");
  EXPECT_EQ(media_type("a.woff2"), "font/woff2");
  EXPECT_EQ(media_type("a.wasm"), "application/wasm");
}

TEST(MediaType, UnknownIsBytes) {
  for (const char* name : {"Makefile", "a.unknown", "a.", ""})
    EXPECT_EQ(media_type(name), "application/octet-stream") << name;
}

}  // namespace
}  // namespace gatehouse::integration
