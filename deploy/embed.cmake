# Writes a C++ file that holds text files, so that the program finds them wherever it runs.
#   cmake -DOUTPUT=embedded_files.cpp -DFILES="name=path;name=path" -P embed.cmake
set(code "// Written by deploy/embed.cmake.\n#include \"deploy/embedded_files.hpp\"\n\nnamespace thimble {\nnamespace {\n\n")
string(APPEND code "constexpr EmbeddedFile kFiles[] = {\n")
foreach(pair IN LISTS FILES)
  string(REGEX MATCH "^([^=]+)=(.+)$" match "${pair}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${CMAKE_MATCH_2}" text)
  string(APPEND code "    {\"${name}\", R\"thimble_text(${text})thimble_text\"},\n")
endforeach()
string(APPEND code "};\n\n}  // namespace\n\n")
string(APPEND code "std::span<const EmbeddedFile> embedded_files() { return kFiles; }\n\n}  // namespace thimble\n")
file(WRITE "${OUTPUT}" "${code}")
