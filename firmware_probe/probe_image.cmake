# Probe firmware: thimble_probe_image(BOARD ELF LIBRARY_VERSION KERNEL_SOURCES... [MEMORIES FILE] [START FILES...]) links
# that of a board with a kernel library. With other memories or another start-up it is for an emulator that has this chip's
# core and flash and neither its RAM nor its peripherals: it does without those, and the start-up's files say what flash.h
# does.

# The boards, and what is particular to each. A macro: whoever links an image calls it in a scope of its own.
macro(thimble_probe_boards)
  # The kernels are compiled as deploy/target.cpp compiles them: what is measured is what is deployed.
  set(THIMBLE_PROBE_FLAGS -mthumb -std=c11 -O2 -Wall -Wextra -Werror -ffreestanding -ffunction-sections -fdata-sections
      -fno-merge-constants -fno-tree-loop-distribute-patterns -fno-unwind-tables -fno-asynchronous-unwind-tables)
  set(THIMBLE_PROBE_VIRTUAL_BOARDS virtual-m3 virtual-m4 virtual-m7 virtual-m55)
  set(THIMBLE_PROBE_HARDWARE_BOARDS
      nucleo-f412zg nucleo-f446re nucleo-f746zg nucleo-h743zi2 nucleo-l4r5zi stm32f746g-disco)

  set(THIMBLE_PROBE_CORE_virtual-m3 -mcpu=cortex-m3 -mfloat-abi=soft)
  set(THIMBLE_PROBE_CORE_virtual-m4 -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16)
  set(THIMBLE_PROBE_CORE_virtual-m7 -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16)
  set(THIMBLE_PROBE_CORE_virtual-m55 -mcpu=cortex-m55 -mfloat-abi=hard -mfpu=auto)
  foreach(board nucleo-f412zg nucleo-f446re nucleo-l4r5zi)
    set(THIMBLE_PROBE_CORE_${board} -mcpu=cortex-m4 -mfloat-abi=hard -mfpu=fpv4-sp-d16)
  endforeach()
  foreach(board nucleo-f746zg stm32f746g-disco)
    set(THIMBLE_PROBE_CORE_${board} -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-sp-d16)
  endforeach()
  set(THIMBLE_PROBE_CORE_nucleo-h743zi2 -mcpu=cortex-m7 -mfloat-abi=hard -mfpu=fpv5-d16)

  # What starts the clock of a board, and how many layers its RAM holds beside an arena that is worth having.
  foreach(board nucleo-f412zg nucleo-f446re nucleo-f746zg stm32f746g-disco)
    set(THIMBLE_PROBE_START_${board} clock_stm32f4_f7.c)
  endforeach()
  set(THIMBLE_PROBE_START_nucleo-h743zi2 clock_stm32h7.c)
  set(THIMBLE_PROBE_START_nucleo-l4r5zi clock_stm32l4.c)
  foreach(board nucleo-f746zg stm32f746g-disco nucleo-h743zi2)
    list(APPEND THIMBLE_PROBE_START_${board} caches.c)
  endforeach()

  # UART 0 of a virtual board: its address, and the number of its receive interrupt.
  set(THIMBLE_PROBE_UART -DPROBE_UART=0x40004000u -DPROBE_UART_INTERRUPT=0u)
  set(THIMBLE_PROBE_UART_virtual-m55 -DPROBE_UART=0x49303000u -DPROBE_UART_INTERRUPT=33u)
endmacro()

# Sets `sources` and `defines`: how the board is reached and what times it.
macro(thimble_probe_surroundings board)
  if(DEFINED THIMBLE_PROBE_START_${board})
    set(starts ${CMAKE_SOURCE_DIR}/deploy/firmware/boards)
    set(header ${CMAKE_BINARY_DIR}/probe/${board}/board.h)
    configure_file(${starts}/${board}.h ${header} COPYONLY)
    configure_file(${CMAKE_SOURCE_DIR}/firmware_probe/boards/${board}.h ${CMAKE_BINARY_DIR}/probe/${board}/pins.h COPYONLY)
    set(sources transport_board.c channel_mailbox.c timer_core.c memory_board.c)
    set(start_files ${THIMBLE_PROBE_START_${board}})
    list(TRANSFORM start_files PREPEND ${starts}/)
    if(image_START)
      set(start_files ${image_START})
      list(APPEND sources uart_none.c bare.c)
    else()
      list(APPEND sources uart_stm32.c marker_stm32.c watchdog_stm32.c flash_stm32.c)
    endif()
    set(defines -DPLAN_MAX_LAYERS=160u -I${CMAKE_BINARY_DIR}/probe/${board} -I${starts})
  else()
    set(sources uart_cmsdk.c timer_none.c memory_none.c)
    set(start_files "")
    set(defines ${THIMBLE_PROBE_UART})
    if(DEFINED THIMBLE_PROBE_UART_${board})
      set(defines ${THIMBLE_PROBE_UART_${board}})
    endif()
  endif()
endmacro()

function(thimble_probe_image board elf library_version)
  cmake_parse_arguments(PARSE_ARGV 3 image "" "MEMORIES" "START")
  set(kernels ${image_UNPARSED_ARGUMENTS})
  thimble_probe_boards()
  set(flags ${THIMBLE_PROBE_CORE_${board}} ${THIMBLE_PROBE_FLAGS})
  set_property(GLOBAL PROPERTY THIMBLE_FIRMWARE_FLAGS_${board} ${flags})
  set(folder ${CMAKE_CURRENT_FUNCTION_LIST_DIR})
  thimble_probe_surroundings(${board})
  list(APPEND sources session.c plan.c frame.c stack.c startup.c compiler_calls.c core_armv7m.c)
  list(TRANSFORM sources PREPEND ${folder}/)
  file(GLOB headers CONFIGURE_DEPENDS ${folder}/*.h ${folder}/boards/*.h)
  set(memories ${folder}/boards/${board}.ld)
  if(image_MEMORIES)
    set(memories ${image_MEMORIES})
  endif()
  file(GLOB kernel_headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/deploy/kernels/*.h)
  add_custom_command(OUTPUT ${elf}
    COMMAND ${THIMBLE_ARM_GCC} ${flags} ${defines} -DTHIMBLE_KERNELS_VERSION=${library_version}
            -I${CMAKE_SOURCE_DIR} -nostdlib -static -Wl,--gc-sections -Wl,--build-id=none
            -T ${memories} -T ${folder}/probe.ld -o ${elf} ${sources} ${start_files} ${kernels}
    DEPENDS ${sources} ${start_files} ${headers} ${kernels} ${kernel_headers} ${memories} ${folder}/probe.ld
            ${CMAKE_CURRENT_FUNCTION_LIST_FILE}
    COMMENT "Building the probe firmware of ${board}"
    VERBATIM)
endfunction()
