# The kernels: on the host, and on cores under QEMU (scalar, DSP and vector instructions, and Armv6-M).
add_library(kernels_cases STATIC kernels_case.c kernels_cases.cpp kernels_cases_small.cpp kernels_layout.cpp)
target_link_libraries(kernels_cases PUBLIC thimble::deploy)
thimble_warnings(kernels_cases)
thimble_test(kernels SOURCES kernels_test.cpp kernels_hostile_test.cpp DEPS kernels_cases)

add_executable(kernels_write_cases kernels_write_cases.cpp)
target_link_libraries(kernels_write_cases PRIVATE kernels_cases)
thimble_warnings(kernels_write_cases)
find_package(Python COMPONENTS Interpreter REQUIRED)
# -O2 and -Os are those of the modes of deployed firmware.
foreach(core m0:cortex-m0:mps2-an385:-O2:-Os m3:cortex-m3:mps2-an385:-O2:-Os m4:cortex-m4:mps2-an386:-O2:-Os:-O3
    m7:cortex-m7:mps2-an500:-O2:-Os m55:cortex-m55:mps3-an547:-O2:-Os:-O3)
  string(REPLACE ":" ";" core ${core})
  list(GET core 0 name)
  list(GET core 1 cpu)
  list(GET core 2 machine)
  list(SUBLIST core 3 -1 levels)
  add_test(NAME kernels_${name} COMMAND ${Python_EXECUTABLE} ${CMAKE_CURRENT_SOURCE_DIR}/kernels_core_test.py
    ${CMAKE_SOURCE_DIR} $<TARGET_FILE:kernels_write_cases> ${cpu} ${machine} ${levels})
  set_tests_properties(kernels_${name} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()
