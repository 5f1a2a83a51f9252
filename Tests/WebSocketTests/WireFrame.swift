/// Frames written byte by byte, right or wrong, without the encoder under test (RFC 6455 section 5.2).
enum WireFrame {
    static let sampleKey: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

    /// A frame with any first byte; the length in its shortest form unless `lengthBytes` (0, 2 or 8) says otherwise.
    static func make(
        first: UInt8, _ payload: [UInt8] = [], key: [UInt8]? = sampleKey, lengthBytes: Int? = nil,
        announcing length: UInt64? = nil
    ) -> [UInt8] {
        let length = length ?? UInt64(payload.count)
        let extended = lengthBytes ?? (length < 126 ? 0 : length < 65_536 ? 2 : 8)
        let maskBit: UInt8 = key == nil ? 0 : 128
        var bytes = [first]
        switch extended {
        case 0: bytes.append(UInt8(truncatingIfNeeded: length) | maskBit)
        case 2: bytes.append(126 | maskBit)
        default: bytes.append(127 | maskBit)
        }
        for index in 0..<extended {
            bytes.append(UInt8(truncatingIfNeeded: length >> UInt64(8 * (extended - 1 - index))))
        }
        bytes += key ?? []
        return bytes + masked(payload, key ?? [0, 0, 0, 0])
    }

    /// The oracle of masking: a loop over bytes, straight from section 5.3.
    static func masked(_ payload: [UInt8], _ key: [UInt8], phase: Int = 0) -> [UInt8] {
        payload.enumerated().map { $1 ^ key[($0 + phase) % 4] }
    }

    static func binary(_ payload: [UInt8], final: Bool = true, key: [UInt8]? = sampleKey) -> [UInt8] {
        make(first: final ? 0x82 : 0x02, payload, key: key)
    }

    static func continuation(_ payload: [UInt8], final: Bool = true, key: [UInt8]? = sampleKey) -> [UInt8] {
        make(first: final ? 0x80 : 0x00, payload, key: key)
    }

    static func ping(_ payload: [UInt8] = [], key: [UInt8]? = sampleKey) -> [UInt8] {
        make(first: 0x89, payload, key: key)
    }

    static func pong(_ payload: [UInt8] = [], key: [UInt8]? = sampleKey) -> [UInt8] {
        make(first: 0x8A, payload, key: key)
    }

    static func close(_ payload: [UInt8] = [], key: [UInt8]? = sampleKey) -> [UInt8] {
        make(first: 0x88, payload, key: key)
    }

    static func close(code: UInt16, _ reason: String = "", key: [UInt8]? = sampleKey) -> [UInt8] {
        close([UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8), key: key)
    }
}
