// Included by kernels_impl.hpp: the kernels of planes.hpp for the vector `Wide`.

constexpr int kLanes = THIMBLE_LANES;
constexpr int kTileRows = kLanes == 16 ? 8 : 6;     // sums in registers: rows
constexpr int kTileVectors = kLanes == 16 ? 3 : 2;  // ... by vectors
constexpr int kTilePixels = 8;                      // outputs of a depthwise convolution
constexpr int64_t kSumRows = 64;                    // rows that are summed up in float before they go to double

template <int N>
struct Size {
  static constexpr int value = N;
};

/// Calls work(Size<count>) for a count in [1, Most].
template <int Most, class Work>
inline void with_size(int count, const Work& work) {
  if constexpr (Most > 1) {
    if (count < Most) return with_size<Most - 1>(count, work);
  }
  work(Size<Most>{});
}

/// Cuts [0, count) into even pieces of at most Most and calls work(first, Size<length>).
template <int Most, class Work>
inline void in_pieces(int64_t count, const Work& work) {
  const int64_t pieces = (count + Most - 1) / Most;
  for (int64_t i = 0; i < pieces; ++i) {
    const int64_t first = count * i / pieces;
    with_size<Most>((int)(count * (i + 1) / pieces - first), [&](auto length) { work(first, length); });
  }
}

inline Wide clamped(Wide value) {
  const Wide zero = Wide{}, six = zero + 6.0f;
  return value < zero ? zero : value > six ? six : value;
}

/// `value` where 0 < normalized < 6, else 0.
inline Wide where_open(Wide value, Wide normalized) {
  const Wide zero = Wide{}, six = zero + 6.0f;
  return (normalized > zero) & (normalized < six) ? value : zero;
}

inline void add_to(double* to, Wide value) {
  for (int l = 0; l < kLanes; ++l) to[l] += (double)value[l];
}

/// Rows of [rows, n], of which the last vector may hold fewer than kLanes.
inline Wide load_part(const float* from, int left) {
  if (left >= kLanes) return load<Wide>(from);
  Wide value = Wide{};
  memcpy(&value, from, 8 * sizeof(float));
  return value;
}
inline void store_part(float* to, Wide value, int left) {
  if (left >= kLanes)
    store<Wide>(to, value);
  else
    memcpy(to, &value, 8 * sizeof(float));
}

/// T rows by V vectors of a product; use(row, vector, sums) gets the result.
template <int T, int V, class Use>
inline void product_tile(BlockedRows a, int k, const float* packed, const Use& use) {
  Wide sums[T][V];
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) sums[t][v] = Wide{};
  const float* block = a.data;
  const float* b = packed;
  for (int left = k; left > 0; left -= a.block, block += a.block_stride) {
    const int depth = smaller(left, a.block);
    for (int i = 0; i < depth; ++i, b += kLanes) {
      Wide weights[V];
#pragma GCC unroll 4
      for (int v = 0; v < V; ++v) weights[v] = load<Wide>(b + (int64_t)v * k * kLanes);
#pragma GCC unroll 8
      for (int t = 0; t < T; ++t)
#pragma GCC unroll 4
        for (int v = 0; v < V; ++v) sums[t][v] += weights[v] * block[t * a.row_stride + i];
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t)
#pragma GCC unroll 4
    for (int v = 0; v < V; ++v) use(t, v, sums[t][v]);
}

inline int vectors_of(int n) { return (n + kLanes - 1) / kLanes; }

void pack(const float* b, int64_t k_stride, int64_t n_stride, int k, int n, float* packed) {
  for (int first = 0; first < n; first += kLanes)
    for (int i = 0; i < k; ++i)
      for (int l = 0; l < kLanes; ++l) *packed++ = first + l < n ? b[i * k_stride + (first + l) * n_stride] : 0.0f;
}

void expand(const float* x, int k, const float* packed, ChannelMap map, int size, BorderedPlane plane) {
  const Wide scale = load<Wide>(map.scale), shift = load<Wide>(map.shift);
  for (int row = 0; row < size; ++row)
    in_pieces<kTileRows>(size, [&](int64_t first, auto length) {
      float* to = plane.data + ((int64_t)row * plane.width + first) * kLanes;
      product_tile<decltype(length)::value, 1>(
          {x + (row * (int64_t)size + first) * k, k, 0, k}, k, packed,
          [&](int t, int, Wide sum) { store<Wide>(to + t * kLanes, clamped(sum * scale + shift)); });
    });
}

/// Calls use(first row, rows, first vector, vectors) for all tiles of a product, the vectors outermost.
template <class Use>
inline void over_product(int64_t rows, int n, const Use& use) {
  in_pieces<kTileVectors>(vectors_of(n), [&](int64_t vector, auto vectors) {
    in_pieces<kTileRows>(rows, [&](int64_t row, auto length) { use(row, length, (int)vector, vectors); });
  });
}

inline BlockedRows from_row(BlockedRows a, int64_t row) {
  return {a.data + row * a.row_stride, a.row_stride, a.block_stride, a.block};
}

void multiply_moments(BlockedRows a, int k, const float* packed, int n, int64_t rows, float* c, double* sum,
                      double* squares) {
  for (int64_t start = 0; start < rows; start += kSumRows) {
    const int64_t count = rows - start < kSumRows ? rows - start : kSumRows;
    in_pieces<kTileVectors>(vectors_of(n), [&](int64_t vector, auto vectors) {
      constexpr int V = decltype(vectors)::value;
      Wide total[V], square[V];
      for (int v = 0; v < V; ++v) total[v] = square[v] = Wide{};
      in_pieces<kTileRows>(count, [&](int64_t row, auto length) {
        product_tile<decltype(length)::value, V>(from_row(a, start + row), k, packed + vector * k * kLanes,
                                                 [&](int t, int v, Wide value) {
                                                   const int column = ((int)vector + v) * kLanes;
                                                   store_part(c + (start + row + t) * n + column, value, n - column);
                                                   total[v] += value;
                                                   square[v] += value * value;
                                                 });
      });
      for (int v = 0; v < V; ++v)
        for (int l = 0, column = ((int)vector + v) * kLanes; l < smaller(kLanes, n - column); ++l) {
          sum[column + l] += (double)total[v][l];
          squares[column + l] += (double)square[v][l];
        }
    });
  }
}

void multiply_map(BlockedRows a, int k, const float* packed, int n, int64_t rows, ChannelMap map, const float* shortcut,
                  float* c) {
  over_product(rows, n, [&](int64_t row, auto length, int vector, auto vectors) {
    product_tile<decltype(length)::value, decltype(vectors)::value>(
        from_row(a, row), k, packed + (int64_t)vector * k * kLanes, [&](int t, int v, Wide value) {
          const int column = (vector + v) * kLanes, left = n - column;
          value = value * load_part(map.scale + column, left) + load_part(map.shift + column, left);
          const int64_t at = (row + t) * n + column;
          if (shortcut) value += load_part(shortcut + at, left);
          store_part(c + at, value, left);
        });
  });
}

void multiply_add(BlockedRows a, int k, const float* packed, int n, int64_t rows, float* c, bool add) {
  over_product(rows, n, [&](int64_t row, auto length, int vector, auto vectors) {
    product_tile<decltype(length)::value, decltype(vectors)::value>(
        from_row(a, row), k, packed + (int64_t)vector * k * kLanes, [&](int t, int v, Wide value) {
          const int column = (vector + v) * kLanes, left = n - column;
          const int64_t at = (row + t) * n + column;
          if (add) value += load_part(c + at, left);
          store_part(c + at, value, left);
        });
  });
}

void multiply_gradient(const float* a, int k, const float* packed, int64_t rows, const float* normalized,
                       const float* raw, float* d, double* sum_d, double* sum_dx) {
  for (int64_t start = 0; start < rows; start += kSumRows) {
    const int64_t count = rows - start < kSumRows ? rows - start : kSumRows;
    Wide total = Wide{}, products = Wide{};
    in_pieces<kTileRows>(count, [&](int64_t piece, auto length) {
      const int64_t row = start + piece;
      product_tile<decltype(length)::value, 1>({a + row * k, k, 0, k}, k, packed, [&](int t, int, Wide value) {
        const int64_t at = (row + t) * kLanes;
        value = where_open(value, load<Wide>(normalized + at));
        store<Wide>(d + at, value);
        total += value;
        products += value * load<Wide>(raw + at);
      });
    });
    add_to(sum_d, total);
    add_to(sum_dx, products);
  }
}

constexpr int kOuter = kLanes == 16 ? 24 : 8;  // sums of an outer product in registers

template <int K, class V>
inline void outer_rows(const float* d, int64_t d_stride, const float* x, int64_t x_stride, int64_t rows, V* sums) {
#pragma GCC unroll 24
  for (int i = 0; i < K; ++i) sums[i] = V{};
  for (int64_t r = 0; r < rows; ++r, d += d_stride, x += x_stride) {
    const V value = load<V>(d);
#pragma GCC unroll 24
    for (int i = 0; i < K; ++i) sums[i] += value * x[i];
  }
}

void outer(const float* d, const float* x, int64_t x_stride, int k, int64_t rows, float* to) {
  // Pieces of 8: all channel counts are multiples of it.
  in_pieces<kOuter / 8>(k / 8, [&](int64_t first, auto eights) {
    constexpr int K = 8 * decltype(eights)::value;
    Wide sums[K];
    outer_rows<K>(d, kLanes, x + first * 8, x_stride, rows, sums);
    for (int i = 0; i < K; ++i) {
      float* at = to + (first * 8 + i) * kLanes;
      store<Wide>(at, load<Wide>(at) + sums[i]);
    }
  });
}

void gram(const float* x, int k, int64_t rows, double* to, double* totals) {
  for (int64_t start = 0; start < rows; start += kSumRows) {
    const int64_t count = rows - start < kSumRows ? rows - start : kSumRows;
    const float* from = x + start * k;
    for (int column = 0; column < k; column += 8) {
      for (int i = 0; i <= column; i += 8) {  // the other half is its mirror
        Eight sums[8];
        outer_rows<8>(from + column, k, from + i, k, count, sums);
        for (int row = 0; row < 8; ++row)
          for (int l = 0; l < 8; ++l) {
            to[(i + row) * k + column + l] += (double)sums[row][l];
            if (i != column) to[(column + l) * k + i + row] += (double)sums[row][l];
          }
      }
      Eight total = Eight{};
      for (int64_t r = 0; r < count; ++r) total += load<Eight>(from + r * k + column);
      for (int l = 0; l < 8; ++l) totals[column + l] += (double)total[l];
    }
  }
}

/// All outputs of a depthwise convolution over a plane; use(output, value).
template <int K, int S, class Use>
inline void over_depthwise(BorderedPlane plane, const float* weights, int out_size, const Use& use) {
  for (int row = 0; row < out_size; ++row)
    in_pieces<kTilePixels>(out_size, [&](int64_t first, auto length) {
      constexpr int T = decltype(length)::value;
      Wide sums[T];
#pragma GCC unroll 8
      for (int t = 0; t < T; ++t) sums[t] = Wide{};
      const float* from = plane.data + ((int64_t)row * S * plane.width + first * S) * kLanes;
      const float* w = weights;
      for (int i = 0; i < K; ++i, from += (int64_t)plane.width * kLanes) {
#pragma GCC unroll 8
        for (int j = 0; j < K; ++j, w += kLanes) {
          const Wide weight = load<Wide>(w);
#pragma GCC unroll 8
          for (int t = 0; t < T; ++t) sums[t] += load<Wide>(from + (t * S + j) * kLanes) * weight;
        }
      }
#pragma GCC unroll 8
      for (int t = 0; t < T; ++t) use((int64_t)row * out_size + first + t, sums[t]);
    });
}

/// Calls work(Size<kernel>, Size<stride>).
template <class Work>
inline void with_window(int kernel, int stride, const Work& work) {
  const auto strided = [&](auto k) { stride == 1 ? work(k, Size<1>{}) : work(k, Size<2>{}); };
  if (kernel == 3) strided(Size<3>{});
  if (kernel == 5) strided(Size<5>{});
  if (kernel == 7) strided(Size<7>{});
}

void depthwise_moments(BorderedPlane plane, const float* weights, int kernel, int stride, int out_size, float* y,
                       double* sum, double* squares) {
  with_window(kernel, stride, [&](auto k, auto s) {
    Wide total = Wide{}, square = Wide{};
    int64_t next = kSumRows;
    over_depthwise<decltype(k)::value, decltype(s)::value>(plane, weights, out_size, [&](int64_t at, Wide value) {
      store<Wide>(y + at * kLanes, value);
      total += value;
      square += value * value;
      if (at + 1 < next) return;
      next += kSumRows;
      add_to(sum, total);
      add_to(squares, square);
      total = square = Wide{};
    });
    add_to(sum, total);
    add_to(squares, square);
  });
}

void depthwise_map(BorderedPlane plane, const float* weights, int kernel, int stride, int out_size, ChannelMap map,
                   float* y) {
  const Wide scale = load<Wide>(map.scale), shift = load<Wide>(map.shift);
  with_window(kernel, stride, [&](auto k, auto s) {
    over_depthwise<decltype(k)::value, decltype(s)::value>(plane, weights, out_size, [&](int64_t at, Wide value) {
      store<Wide>(y + at * kLanes, clamped(value * scale + shift));
    });
  });
}

/// R rows of the kernel from row I on, whose sums stay in registers over the whole plane.
template <int K, int S, int I, int R>
inline void weight_rows(BorderedPlane plane, BorderedPlane d, int out_size, float* dweights) {
  Wide sums[R * K];
#pragma GCC unroll 32
  for (int t = 0; t < R * K; ++t) sums[t] = load<Wide>(dweights + (I * K + t) * kLanes);
  for (int row = 0; row < out_size; ++row) {
    const float* from = plane.data + (int64_t)(row * S + I) * plane.width * kLanes;
    const float* upstream = d.data + (int64_t)row * d.width * kLanes;
    for (int column = 0; column < out_size; ++column, from += S * kLanes, upstream += kLanes) {
      const Wide value = load<Wide>(upstream);
#pragma GCC unroll 8
      for (int i = 0; i < R; ++i)
#pragma GCC unroll 8
        for (int j = 0; j < K; ++j)
          sums[i * K + j] += value * load<Wide>(from + ((int64_t)i * plane.width + j) * kLanes);
    }
  }
#pragma GCC unroll 32
  for (int t = 0; t < R * K; ++t) store<Wide>(dweights + (I * K + t) * kLanes, sums[t]);
  constexpr int kNext = I + R;
  if constexpr (kNext < K) weight_rows<K, S, kNext, smaller(R, K - kNext)>(plane, d, out_size, dweights);
}

void depthwise_weights(BorderedPlane plane, BorderedPlane d, int kernel, int stride, int out_size, float* dweights) {
  with_window(kernel, stride, [&](auto k, auto s) {
    constexpr int K = decltype(k)::value;
    constexpr int kRows = kLanes == 16 ? (K == 3 ? 3 : K == 5 ? 5 : 4) : (K == 3 ? 3 : K == 5 ? 2 : 1);
    weight_rows<K, decltype(s)::value, 0, kRows>(plane, d, out_size, dweights);
  });
}

/// dx of the pixels first, first + S, ... of a row: T of them, whose first tap is J0.
template <int K, int S, int J0, int T, class Use>
inline void input_pixels(BorderedPlane d, const float* weights, int row, int first, const Use& use) {
  constexpr int P = K / 2;
  Wide sums[T];
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t) sums[t] = Wide{};
  for (int i = (row + P) % S; i < K; i += S) {
    const int from_row = (row + P - i + P * S) / S;  // with the border of P
    const float* from = d.data + ((int64_t)from_row * d.width + (first + P - J0 + P * S) / S) * kLanes;
    const float* w = weights + (i * K + J0) * kLanes;
#pragma GCC unroll 8
    for (int j = 0; j < (K - J0 + S - 1) / S; ++j) {
      const Wide weight = load<Wide>(w + j * S * kLanes);
#pragma GCC unroll 8
      for (int t = 0; t < T; ++t) sums[t] += load<Wide>(from + (t - j) * kLanes) * weight;
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < T; ++t) use(first + S * t, sums[t]);
}

template <int K, int S, class Use>
inline void over_input(BorderedPlane d, const float* weights, int size, const Use& use) {
  for (int row = 0; row < size; ++row) {
    const auto to = [&](int column, Wide value) { use(row, column, value); };
    for (int phase = 0; phase < smaller(S, size); ++phase)
      in_pieces<kTilePixels>((size - phase + S - 1) / S, [&](int64_t piece, auto length) {
        constexpr int T = decltype(length)::value;
        const int first = phase + S * (int)piece;
        if ((phase + K / 2) % S == 0)
          input_pixels<K, S, 0, T>(d, weights, row, first, to);
        else
          input_pixels<K, S, S - 1, T>(d, weights, row, first, to);
      });
  }
}

void depthwise_input(BorderedPlane d, const float* weights, int kernel, int stride, int size, BorderedPlane normalized,
                     float* dx, double* sum) {
  with_window(kernel, stride, [&](auto k, auto s) {
    Wide total = Wide{};
    int last_row = 0;
    over_input<decltype(k)::value, decltype(s)::value>(d, weights, size, [&](int row, int column, Wide value) {
      if (normalized.data)
        value = where_open(value, load<Wide>(normalized.data + ((int64_t)row * normalized.width + column) * kLanes));
      store<Wide>(dx + ((int64_t)row * size + column) * kLanes, value);
      if (row != last_row) {
        add_to(sum, total);
        total = Wide{};
        last_row = row;
      }
      total += value;
    });
    add_to(sum, total);
  });
}
