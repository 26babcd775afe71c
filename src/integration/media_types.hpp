// Content-Type by file name. Pure.
#pragma once

#include <string_view>

namespace gatehouse::integration {

// By the extension, in any letter case; "application/octet-stream" for what is not known. Texts are utf-8.
std::string_view media_type(std::string_view file_name);

}  // namespace gatehouse::integration
