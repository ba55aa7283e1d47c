/// A file of the page, built into the program.
struct Asset: Sendable {
    /// Where it is served.
    let path: String
    /// Its content type.
    let type: String
    let bytes: [UInt8]

    /// All of them.
    static let all = [
        Asset(path: "/", type: "text/html; charset=utf-8", bytes: PackageResources.page_html),
        Asset(path: "/assets/page.css", type: "text/css; charset=utf-8", bytes: PackageResources.page_css),
        Asset(path: "/assets/likes.js", type: "text/javascript; charset=utf-8", bytes: PackageResources.likes_js),
        Asset(path: "/assets/page.js", type: "text/javascript; charset=utf-8", bytes: PackageResources.page_js),
        Asset(path: "/assets/icon.svg", type: "image/svg+xml", bytes: PackageResources.icon_svg),
    ]
}
