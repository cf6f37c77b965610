// Sets an Uptime Kuma up as its own browser page does: an account, a group, monitors told of by push, maintenance.
// node uptime_kuma_desk.js FOLDER_OF_UPTIME_KUMA URL PLAN_AS_JSON
const path = require("path");
const [folder, url, plan] = process.argv.slice(2);
const { io } = require(require.resolve("socket.io-client", { paths: [path.resolve(folder)] }));
const { monitors, maintenance } = JSON.parse(plan);
const socket = io(url, { transports: ["websocket"] });

async function ask(event, ...parts) {
    const answer = await socket.timeout(20000).emitWithAck(event, ...parts);
    if (!answer.ok) {
        throw new Error(`${event}: ${answer.msg}`);
    }
    return answer;
}

async function setUp() {
    await ask("setup", "admin", "sandi-uji-9");
    await ask("login", { username: "admin", password: "sandi-uji-9" });
    const basics = { interval: 2073600, retryInterval: 60, maxretries: 0, timeout: 48, notificationIDList: {},
        accepted_statuscodes: [ "200-299" ], kafkaProducerBrokers: [], kafkaProducerSaslOptions: {} };
    const group = await ask("add", { ...basics, type: "group", name: "Semua" });
    for (const [ name, pushToken ] of Object.entries(monitors)) {
        const { monitorID } = await ask("add", { ...basics, type: "push", name, pushToken, parent: group.monitorID });
        if (name === maintenance.monitor) {
            const { maintenanceID } = await ask("addMaintenance", { title: "Pemeliharaan", description: "", strategy: "single",
                active: true, intervalDay: 1, timezoneOption: maintenance.zone, dateRange: maintenance.dateRange });
            await ask("addMonitorMaintenance", maintenanceID, [ { id: monitorID } ]);
        }
    }
}

socket.on("connect", () => setUp().then(() => process.exit(0), (fault) => {
    console.error(fault);
    process.exit(1);
}));
setTimeout(() => process.exit(2), 60000);
