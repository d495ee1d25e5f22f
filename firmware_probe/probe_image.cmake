# thimble_probe_image(BOARD ELF LIBRARY_VERSION KERNEL_SOURCES...) links the probe firmware of a board with a kernel library.
function(thimble_probe_image board elf library_version)
  set(kernels ${ARGN})
  # The kernels are compiled as deploy/target.cpp compiles them: what is measured is what is deployed.
  set(flags -mthumb -std=c11 -O2 -Wall -Wextra -Werror -ffreestanding -ffunction-sections -fdata-sections
      -fno-merge-constants -fno-tree-loop-distribute-patterns -fno-unwind-tables -fno-asynchronous-unwind-tables)
  set(core_virtual-m3 -mcpu=cortex-m3 -mfloat-abi=soft)
  set(core_virtual-m4 -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16)
  set(core_virtual-m7 -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16)
  set(core_virtual-m55 -mcpu=cortex-m55 -mfloat-abi=hard -mfpu=auto)
  set_property(GLOBAL PROPERTY THIMBLE_FIRMWARE_FLAGS_${board} ${core_${board}} ${flags})
  # UART 0 of the machine: its address, and the number of its receive interrupt.
  set(uart -DPROBE_UART=0x40004000u -DPROBE_UART_INTERRUPT=0u)
  set(uart_virtual-m55 -DPROBE_UART=0x49303000u -DPROBE_UART_INTERRUPT=33u)
  if(DEFINED uart_${board})
    set(uart ${uart_${board}})
  endif()

  set(folder ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  set(sources session.c plan.c frame.c stack.c startup.c compiler_calls.c core_armv7m.c uart_cmsdk.c)
  set(headers core.h frame.h plan.h protocol.h stack.h transport.h)
  list(TRANSFORM sources PREPEND ${folder}/)
  list(TRANSFORM headers PREPEND ${folder}/)
  set(memories ${folder}/boards/${board}.ld)
  file(GLOB kernel_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/deploy/kernels/*.h)
  add_custom_command(OUTPUT ${elf}
    COMMAND ${THIMBLE_ARM_GCC} ${core_${board}} ${flags} ${uart} -DTHIMBLE_KERNELS_VERSION=${library_version}
            -I${CMAKE_SOURCE_DIR} -nostdlib -static -Wl,--gc-sections -Wl,--build-id=none
            -T ${memories} -T ${folder}/probe.ld -o ${elf} ${sources} ${kernels}
    DEPENDS ${sources} ${headers} ${kernels} ${kernel_headers} ${memories} ${folder}/probe.ld
            ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "Building the probe firmware of ${board}"
    VERBATIM)
endfunction()
