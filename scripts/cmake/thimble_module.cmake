# A target per folder.
#
#   thimble_module(deploy
#     SOURCES plan.cpp memory_plan.cpp
#     HEADERS plan.hpp memory_plan.hpp
#     DEPS thimble::space              # seen by whoever includes our headers
#     PRIVATE_DEPS yaml-cpp)           # used in our .cpp files alone
#
# makes the library thimble_deploy, the alias thimble::deploy, the warnings, and in THIMBLE_DEV a check that every header
# compiles alone. Headers are included from the root of the tree: #include "deploy/plan.hpp".

function(thimble_warnings target)
  # GCC 12 reports "literal" + std::string as overlapping copies (GCC bug 105651).
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-restrict>)
  if(THIMBLE_DEV)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

function(thimble_headers_alone name)
  set(sources "")
  foreach(header ${ARGN})
    cmake_path(RELATIVE_PATH CMAKE_CURRENT_SOURCE_DIR BASE_DIRECTORY ${CMAKE_SOURCE_DIR} OUTPUT_VARIABLE folder)
    string(MAKE_C_IDENTIFIER ${header} id)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/alone/${id}.cpp)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"${folder}/${header}\"\n")
    list(APPEND sources ${source})
  endforeach()
  if(sources)
    add_library(thimble_${name}_headers_alone OBJECT ${sources})
    target_link_libraries(thimble_${name}_headers_alone PRIVATE thimble::${name})
    thimble_warnings(thimble_${name}_headers_alone)
  endif()
endfunction()

function(thimble_module name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPS;PRIVATE_DEPS" ${ARGN})
  add_library(thimble_${name} STATIC ${ARG_SOURCES})
  add_library(thimble::${name} ALIAS thimble_${name})
  target_include_directories(thimble_${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(thimble_${name} PUBLIC ${ARG_DEPS} PRIVATE ${ARG_PRIVATE_DEPS})
  thimble_warnings(thimble_${name})
  if(THIMBLE_DEV)
    thimble_headers_alone(${name} ${ARG_HEADERS})
  endif()
endfunction()

# A Catch2 test program of one room, run by ctest as one test.
#   thimble_test(graph SOURCES graph_test.cpp DEPS thimble::graph)
function(thimble_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name}_tests ${ARG_SOURCES})
  target_link_libraries(${name}_tests PRIVATE thimble_test_main ${ARG_DEPS})
  target_compile_definitions(${name}_tests PRIVATE THIMBLE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  thimble_warnings(${name}_tests)
  add_test(NAME ${name} COMMAND ${name}_tests)
  set_tests_properties(${name} PROPERTIES ENVIRONMENT "XDG_STATE_HOME=${CMAKE_BINARY_DIR}/state")
endfunction()
