#pragma once

namespace thimble {

/// How training pictures are varied; the same keys in YAML.
struct Augmentation {
  int crop_pixels = 4;         ///< random shift by at most so many pixels of the stored size
  bool flip = true;            ///< mirror left and right with chance 1/2
  double colour_jitter = 0.1;  ///< brightness and contrast drawn from 1 +- this
  int operations = 0;          ///< random ones on each picture (RandAugment, Cubuk et al. 2019, arXiv:1909.13719)
  double magnitude = 0.3;      ///< of the operations, [0, 1]
  double erase = 0;            ///< side of a grey square at a random place, share of the picture's (cutout); 0: none
  double mixup = 0;            ///< Beta(a, a) of mixing two pictures and their labels (arXiv:1710.09412); 0: none
};

}  // namespace thimble
