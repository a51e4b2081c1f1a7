/// Where LINE and the slip services are, each without a slash at the end. Tenants' back ends are in the book.
package struct LineEndpoints: Sendable, Equatable {
    package var lineAPI = "https://api.line.me"
    package var lineContent = "https://api-data.line.me"
    package var easyslip1 = "https://developer.easyslip.com/api/v1"
    package var easyslip2 = "https://api.easyslip.com/v2"
    package var slipok = "https://api.slipok.com/api/line/apikey"

    package init() {}
}
