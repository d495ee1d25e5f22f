#pragma once

namespace at {
class Tensor;
}

// The differentiable operators of training, one by one: autograd functions over supernet/kernels. NetworkPass runs the
// same kernels without autograd; these are for networks of another shape, and hold the kernels against ATen's
// operators. Activations are contiguous float [N,H,W,C], channels a multiple of 8. Each takes the shared weights whole
// and uses the slice that the sizes name; gradients come back at the size of the shared weights, zero elsewhere.
namespace thimble::ops {

/// 3x3 convolution with stride 2 and padding 1 of uint8 pixels [N,H,W,C], seen as (pixel - 128) / 128.
/// @param weights  [C_out,3,3,C]; the first out_channels rows are used
/// @return float [N,OH,OW,out_channels]
at::Tensor stem(const at::Tensor& pixels, const at::Tensor& weights, int out_channels);

/// 1x1 convolution. @param weights  [C_out,C_in]; its first out_channels rows and the first columns are used
at::Tensor pointwise(const at::Tensor& x, const at::Tensor& weights, int out_channels);

/// Depthwise convolution, padding (kernel-1)/2.
/// @param weights  [K,K,C]; the centre kernel x kernel and the first channels are used
at::Tensor depthwise(const at::Tensor& x, const at::Tensor& weights, int kernel, int stride);

/// Batch norm with the statistics of this batch (eps 1e-3), then ReLU6 or + shortcut.
/// @param scale, shift  [>= C]; the first C are used
/// @param shortcut      as x, or undefined; not together with relu6
at::Tensor batch_norm(const at::Tensor& x, const at::Tensor& scale, const at::Tensor& shift, bool relu6,
                      const at::Tensor& shortcut);

/// A convolution's shared weights and its batch norm's; null pointers: there is none.
struct ConvolutionWeights {
  const at::Tensor* weights = nullptr;
  const at::Tensor* scale = nullptr;
  const at::Tensor* shift = nullptr;
};

struct BottleneckSizes {
  int kernel = 3, stride = 1, mid_channels = 0, out_channels = 0;
  bool shortcut = false;
};

/// A whole inverted bottleneck: pointwise, batch_norm with ReLU6, depthwise, batch_norm with ReLU6, pointwise,
/// batch_norm with or without shortcut. The operators above are its reference; this one goes through memory half as
/// often.
/// @param expand  null: the depthwise convolution reads x
at::Tensor bottleneck(const at::Tensor& x, const ConvolutionWeights& expand, const ConvolutionWeights& depthwise,
                      const ConvolutionWeights& project, const BottleneckSizes& sizes);

/// Global average pool and fully connected. @param weights [classes,C_in], bias [classes]; @return [N,classes]
at::Tensor classifier(const at::Tensor& x, const at::Tensor& weights, const at::Tensor& bias);

}  // namespace thimble::ops
