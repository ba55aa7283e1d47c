// Arithmetic on numbers that others wrote: a result that does not fit becomes the nearest one that does.

extension FixedWidthInteger {
    /// The sum, clamped to the type's range.
    @inlinable public func saturatingAdd(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    /// The difference, clamped to the type's range.
    @inlinable public func saturatingSubtract(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }

    /// The product, clamped to the type's range.
    @inlinable public func saturatingMultiply(by other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    /// The whole part of a floating-point number, clamped to the type's range; 0 for what is no number.
    @inlinable public init(saturating value: Double) {
        if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value.isNaN ? 0 : value < 0 ? .min : .max
        }
    }
}

extension Sequence where Element: FixedWidthInteger {
    /// The sum of all elements, clamped to the type's range after each.
    @inlinable public func saturatingSum() -> Element {
        reduce(0) { $0.saturatingAdd($1) }
    }
}
