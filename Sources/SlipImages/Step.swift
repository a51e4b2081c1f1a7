/// One way to look at a picture, in the order in which they are tried until a slip's code is found. Each finds some that those
/// before it do not; what finds most comes first.
enum Step: CaseIterable {
    /// Most pictures are clean screenshots, and ZBar's time goes with the pixels: a code in few of them is found in a few
    /// milliseconds. The second look is for codes that are small in the picture.
    case small, medium
    /// Grain, uneven light, weak contrast: what ZBar takes for edges is gone, so it is faster, too.
    case thresholded
    /// Faint or blurred edges that the threshold breaks. A large picture is halved: what is dense in it shows only in black and white.
    case asIs
    /// Noise that is larger than the threshold's margin.
    case halvedThresholded
    /// A code whose modules have two pixels.
    case doubledThresholded
    /// Hardly any contrast: all of it is within the margin of the threshold.
    case stretchedThresholded
    /// White on black.
    case inverted

    static let smallPixels = 160 * 1024
    static let mediumPixels = 700 * 1024
    /// Levels of grey by which ink is darker than what is around it.
    private static let margin = 8

    /// Nil when the picture would be too large for it, or too small.
    func apply(to image: GrayImage) -> GrayImage? {
        switch self {
        case .small: return image.halved(toAtMost: Self.smallPixels)
        case .medium:
            guard image.pixels.count > Self.smallPixels else { return nil }
            return image.halved(toAtMost: Self.mediumPixels)
        case .asIs: return image.pixels.count <= SlipImageReader.maxDensePixels ? image : image.halved()
        case .thresholded: return image.thresholded(margin: Self.margin)
        case .doubledThresholded:
            guard image.pixels.count <= SlipImageReader.maxPixels / 4 else { return nil }
            return image.doubled().thresholded(margin: Self.margin)
        case .halvedThresholded:
            guard min(image.width, image.height) >= 2 * SlipImageReader.minSide else { return nil }
            return image.halved().thresholded(margin: Self.margin)
        case .stretchedThresholded: return image.stretched().thresholded(margin: Self.margin)
        case .inverted: return image.inverted().thresholded(margin: Self.margin)
        }
    }
}
